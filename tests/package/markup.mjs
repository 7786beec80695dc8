// Finds code that makes HTML of data: what becomes HTML must be written in the code, or an element.
import ts from 'typescript';

/** What writes HTML, and which of the arguments are HTML. */
const CALLS = {
  insertAdjacentHTML: [1], setHTMLUnsafe: [0], createContextualFragment: [0], parseFromString: [0], parseHTMLUnsafe: [0],
  bindPopup: [0], bindTooltip: [0], setPopupContent: [0], setTooltipContent: [0], setContent: [0],
};
const DOCUMENT = ['write', 'writeln'];
const PROPERTIES = ['innerHTML', 'outerHTML', 'srcdoc'];
/** The options that are HTML, by what is made with them. */
const OPTIONS = { InfoWindow: ['content'], divIcon: ['html'], DivIcon: ['html'] };
/** What frameworks have for it. */
const TEMPLATES = /\bv-html\b|\{@html\b|\bdangerouslySetInnerHTML\b/g;
/** What makes elements. */
const MAKERS = ['createElement', 'createElementNS', 'createTextNode', 'createDocumentFragment', 'cloneNode'];

/** A text that is written in the code, whole. */
function isConstant(node) {
  if (ts.isStringLiteralLike(node)) return true;
  if (ts.isParenthesizedExpression(node)) return isConstant(node.expression);
  if (ts.isConditionalExpression(node)) return isConstant(node.whenTrue) && isConstant(node.whenFalse);
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken && isConstant(node.left) && isConstant(node.right);
}

const nameOf = (node) => (ts.isPropertyAccessExpression(node) || ts.isIdentifier(node) ? (node.name ?? node).text : ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : '');

/** Makes an element: `document.createElement(…)`, or `Object.assign` of one. */
function makesElement(node) {
  if (!node || !ts.isCallExpression(node)) return false;
  return MAKERS.includes(nameOf(node.expression)) || (node.expression.getText() === 'Object.assign' && makesElement(node.arguments[0]));
}

/** A CartoCSS has content, too, which is no HTML. */
const isStyle = (callee) => ts.isPropertyAccessExpression(callee) && /(^|\.)styles?\b|getStyle\(\)$/.test(callee.expression.getText());

/** What code makes HTML of that is neither written there nor an element: line, from 1, and text. */
export function markup(code, name = 'code.tsx') {
  const source = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true);
  const elements = new Map();
  const found = [];
  const note = (position, text) => found.push({ line: source.getLineAndCharacterOfPosition(position).line + 1, text: text.split('\n')[0] });
  const collect = (node) => {
    // Of one name, all that is declared and assigned must be elements.
    const [key, value] = ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) ? [node.name.text, node.initializer]
      : ts.isParameter(node) || ts.isBindingElement(node) ? [node.name.getText()]
        : ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken ? [node.left.text, node.right] : [];
    if (key) elements.set(key, (elements.get(key) ?? true) && makesElement(value));
    ts.forEachChild(node, collect);
  };
  const isSafe = (node) => isConstant(node) || makesElement(node) || (ts.isIdentifier(node) && elements.get(node.text) === true);
  const visit = (node) => {
    if (ts.isBinaryExpression(node) && /^(\+|\?\?|\|\||&&)?=$/.test(node.operatorToken.getText()) && PROPERTIES.includes(nameOf(node.left)) && !isConstant(node.right)) note(node.getStart(), node.getText());
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const callee = node.expression;
      const called = nameOf(callee);
      const all = [...(node.arguments ?? [])];
      const isWrite = DOCUMENT.includes(called) && /(^|\.)document$/.test(callee.expression?.getText() ?? '');
      const html = isWrite ? all : Object.hasOwn(CALLS, called) && !isStyle(callee) ? CALLS[called].map((at) => all[at]).filter(Boolean) : [];
      const options = Object.hasOwn(OPTIONS, called) ? all.filter(ts.isObjectLiteralExpression).flatMap(({ properties }) => [...properties]).filter((one) => OPTIONS[called].includes(one.name?.getText())) : [];
      const values = options.map((one) => (ts.isPropertyAssignment(one) ? one.initializer : one.name));
      if (![...html, ...values].every(isSafe)) note(node.getStart(), node.getText());
    }
    ts.forEachChild(node, visit);
  };
  collect(source);
  visit(source);
  for (const { 0: text, index } of code.matchAll(TEMPLATES)) note(index, text);
  return found;
}

/** The scripts of a page, each with the line on which it begins. */
export const scripts = (html) => [...html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map(({ 0: all, 1: code, index }) => ({ code, line: html.slice(0, index + all.indexOf(code, 7)).split('\n').length }));
