import { noChange } from 'lit';
import { Directive, directive, type ElementPart } from 'lit/directive.js';

/** Sets properties of an element's style one by one: a `style` attribute is forbidden by many content security policies. */
class Vars extends Directive {
  render(values: Record<string, string>): unknown {
    void values;
    return noChange;
  }

  override update(part: ElementPart, [values]: [Record<string, string>]): unknown {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(values)) style.setProperty(name, value);
    return noChange;
  }
}

export const vars = directive(Vars);
