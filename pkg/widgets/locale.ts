/** Languages, and numbers and dates in them. */

/** The language of an element: its own, or that of the nearest element around it, through shadow roots; else the browser's. */
export function languageOf(element: Element): string | undefined {
  for (let at: Node | null = element; at; at = at instanceof ShadowRoot ? at.host : at.parentNode) {
    const lang = at instanceof Element && at.getAttribute('lang');
    if (lang && isLanguage(lang)) return lang;
  }
  return undefined;
}

/** A page may say anything in `lang`; `Intl` throws at what is no language. */
function isLanguage(lang: string): boolean {
  try {
    return Intl.getCanonicalLocales(lang).length > 0;
  } catch {
    return false;
  }
}

const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** A format of `Intl`, made once: making one takes longer than a frame. */
function kept<Format>(formats: Map<string, Format>, lang: string | undefined, options: object, make: () => Format): Format {
  const key = `${lang} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (!format) formats.set(key, (format = make()));
  return format;
}

/** A number as text. */
export function numberText(value: number, lang?: string, options: Intl.NumberFormatOptions = { maximumFractionDigits: 2 }): string {
  return kept(numberFormats, lang, options, () => new Intl.NumberFormat(lang, options)).format(value);
}

/** A number in few letters: `1.2M`. Small ones keep their digits. */
export function shortNumberText(value: number, lang?: string): string {
  const isShort = Math.abs(value) >= 10_000;
  return numberText(value, lang, isShort ? { notation: 'compact', maximumSignificantDigits: 3 } : { maximumSignificantDigits: 4 });
}

/** A time as text; `milliseconds` are those of UTC, already moved to where the days are those that are meant. */
export function dateText(milliseconds: number, lang: string | undefined, options: Intl.DateTimeFormatOptions): string {
  const all = { ...options, timeZone: 'UTC' };
  return kept(dateFormats, lang, all, () => new Intl.DateTimeFormat(lang, all)).format(milliseconds);
}
