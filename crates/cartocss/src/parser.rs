//! From text to nested rulesets.
//!
//! The parser never goes back over a block, so that hostile nesting costs no more time than its length. What it
//! cannot read up to the next `;` or line break becomes a mistake, and it goes on behind it, as the original does.

use crate::error::{Mistake, Mistakes};
use crate::expression::{Expression, Operator};
use crate::limits::{DEEPEST, MOST_OPERATORS};
use crate::message::{Message, message};
use crate::scanner::Scanner;
use crate::selector::{Comparison, Element, Filter, Selector, ZoomTest};
use std::sync::Arc;

/// Looks at values that a text may cost, on top of some for each byte: a broken value is read several times.
const MOST_LOOKS: usize = 50_000;
const LOOKS_OF_A_BYTE: usize = 4;

/// What a block consists of.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Declaration(Declaration),
    Ruleset(Ruleset),
}

/// `name: value, value;`
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) name: String,
    /// The part before the slash of `top/marker-width`.
    pub(crate) instance: String,
    pub(crate) values: Vec<Expression>,
    pub(crate) at: usize,
}

/// `selector, selector { … }`
#[derive(Clone, Debug)]
pub(crate) struct Ruleset {
    pub(crate) selectors: Vec<Selector>,
    pub(crate) nodes: Vec<Node>,
}

/// Reads a whole stylesheet.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, Vec<Mistake>> {
    check_braces(text).map_err(|mistake| vec![mistake])?;
    let mut parser = Parser {
        scanner: Scanner::new(text),
        mistakes: Mistakes::default(),
        looks_left: MOST_LOOKS + text.len() * LOOKS_OF_A_BYTE,
        operators: 0,
        refused: None,
    };
    parser.scanner.skip();
    let mut nodes = Vec::new();
    while !parser.scanner.is_at_end() {
        nodes.append(&mut parser.block(0));
        // A closing brace is left over only where an opening one was part of invalid code.
        parser.scanner.take('}');
    }
    // Mistakes of the parser stand in the order of the text already.
    if parser.mistakes.is_empty() { Ok(nodes) } else { Err(parser.mistakes.sorted()) }
}

/// Are there as many closing as opening braces outside of strings, comments and parentheses?
fn check_braces(text: &str) -> Result<(), Mistake> {
    let mut scanner = Scanner::new(text);
    let mut level = 0_isize;
    let mut in_parentheses = false;
    let mut ends_plainly = true;
    while let Some(next) = scanner.peek() {
        ends_plainly = false;
        if scanner.quoted().is_some() || (!in_parentheses && scanner.comment()) {
            continue;
        }
        match next {
            '{' if !in_parentheses => level += 1,
            '}' if !in_parentheses => level -= 1,
            '(' => in_parentheses = true,
            ')' => in_parentheses = false,
            '{' | '}' | '"' | '\'' | '`' | '/' | '\\' => {}
            _ => ends_plainly = true,
        }
        scanner.advance(next);
    }
    // The original looks one character further when the text does not end with one of its own signs.
    let at = if ends_plainly { text.len() } else { text.len().saturating_sub(1) };
    match level {
        0 => Ok(()),
        1.. => Err(Mistake::new(at, "missing closing `}`")),
        _ => Err(Mistake::new(at, "missing opening `{`")),
    }
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    mistakes: Mistakes,
    /// How many operands may still be looked for.
    looks_left: usize,
    /// Operators of the declaration that is being read.
    operators: usize,
    /// Why the declaration that is being read is given up.
    refused: Option<Mistake>,
}

impl<'a> Parser<'a> {
    /// Everything up to a closing brace, which is left.
    fn block(&mut self, depth: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        self.scanner.skip();
        while !self.scanner.is_at_end() && self.scanner.peek() != Some('}') {
            let start = self.scanner.at();
            if let Some(declaration) = self.declaration() {
                nodes.push(Node::Declaration(declaration));
                continue;
            }
            if let Some(mistake) = self.refused.take() {
                self.mistakes.push(mistake);
                self.skip_invalid(start);
                if self.looks_left == 0 {
                    self.scanner.finish();
                }
                continue;
            }
            if self.mistakes.is_full() {
                self.scanner.finish();
                break;
            }
            self.scanner.back_to(start);
            match self.selectors() {
                Ok(selectors) if !selectors.is_empty() && self.scanner.take('{') => {
                    if depth >= DEEPEST {
                        self.mistakes.push(Mistake::new(start, "Rules are nested too deeply."));
                        self.scanner.finish();
                        break;
                    }
                    let inner = self.block(depth + 1);
                    self.scanner.take('}');
                    nodes.push(Node::Ruleset(Ruleset { selectors, nodes: inner }));
                }
                Ok(_) => self.invalid(start),
                Err(mistake) => {
                    self.mistakes.push(mistake);
                    self.scanner.finish();
                }
            }
        }
        nodes
    }

    /// Notes that code from `start` up to the next `;` or line break is invalid, and goes on behind it.
    fn invalid(&mut self, start: usize) {
        let (code, has_end) = self.skip_invalid(start);
        let message = message!("Invalid code: {}", if has_end { code } else { code.trim_end() });
        self.mistakes.push(Mistake::new(start, message));
    }

    /// Goes behind invalid code; gives it, and whether it has an end of its own.
    fn skip_invalid(&mut self, start: usize) -> (&'a str, bool) {
        self.scanner.back_to(start);
        let rest = self.scanner.rest();
        let end = rest.find([';', '\n', '}']);
        let has_end = end.and_then(|end| rest.get(end..)).is_some_and(|rest| !rest.starts_with('}'));
        // Without an end the original stops in silence; the user is better off with the message.
        let length = end.map_or(rest.len(), |end| end + usize::from(has_end)).max(1);
        let code = rest.get(..length).unwrap_or(rest);
        self.scanner.back_to(start + code.len());
        self.scanner.skip();
        (code, has_end)
    }

    /// Gives the declaration up that is being read.
    fn refuse(&mut self, at: usize, why: impl Into<Message>) {
        self.refused.get_or_insert_with(|| Mistake::new(at, why));
    }

    /// Counts an operator of the declaration that is being read.
    fn count_operator(&mut self, at: usize) -> Option<()> {
        self.operators += 1;
        if self.operators > MOST_OPERATORS {
            self.refuse(at, message!("A value has more than {MOST_OPERATORS} operators."));
            return None;
        }
        Some(())
    }

    /// `name: value;` or `@name: value;`
    fn declaration(&mut self) -> Option<Declaration> {
        let at = self.scanner.at();
        let full_name = self.scanner.variable_name().or_else(|| self.scanner.property_name())?;
        if !self.scanner.take(':') {
            return None;
        }
        self.operators = 0;
        let values = self.values(0)?;
        if self.refused.is_some() {
            return None;
        }
        if !self.scanner.take(';') && self.scanner.peek() != Some('}') && !self.scanner.is_at_end() {
            return None;
        }
        let (instance, name) = full_name.rsplit_once('/').unwrap_or(("", full_name));
        Some(Declaration { name: name.to_owned(), instance: instance.to_owned(), values, at })
    }

    fn selectors(&mut self) -> Result<Vec<Selector>, Mistake> {
        let mut selectors = Vec::new();
        while let Some(selector) = self.selector()? {
            selectors.push(selector);
            if !self.scanner.take(',') {
                break;
            }
        }
        Ok(selectors)
    }

    fn selector(&mut self) -> Result<Option<Selector>, Mistake> {
        let mut selector = Selector { at: self.scanner.at(), ..Selector::default() };
        let mut is_empty = true;
        loop {
            if let Some(element) = self.element() {
                selector.elements.push(element);
            } else if self.scanner.peek() == Some('[') {
                let start = self.scanner.at();
                if let Some(test) = self.zoom() {
                    selector.zooms.push(test);
                } else {
                    self.scanner.back_to(start);
                    match self.filter()? {
                        Some(filter) => selector.filters.push(Arc::new(filter)),
                        None => return Ok(None),
                    }
                }
                selector.conditions += 1;
            } else if let Some(name) = self.scanner.attachment_name() {
                if selector.attachment.is_some() {
                    let at = self.scanner.at().saturating_sub(1);
                    return Err(Mistake::new(at, "Encountered second attachment name."));
                }
                selector.attachment = Some(name.into());
            } else {
                break;
            }
            is_empty = false;
        }
        Ok((!is_empty).then_some(selector))
    }

    fn element(&mut self) -> Option<Element> {
        match self.scanner.peek()? {
            '#' => self.scanner.prefixed_name('#').then_some(Element::Id),
            '.' => self.scanner.prefixed_name('.').then_some(Element::Class),
            '*' => self.scanner.take('*').then_some(Element::Any),
            _ => self.scanner.take_word("Map").then_some(Element::Map),
        }
    }

    /// `[zoom >= 5]`
    fn zoom(&mut self) -> Option<ZoomTest> {
        let at = self.scanner.at();
        if !self.scanner.take('[') || !self.scanner.take_word("zoom") {
            return None;
        }
        let comparison = self.comparison()?;
        let value = self.variable().or_else(|| self.number())?;
        self.scanner.take(']').then_some(ZoomTest { comparison, value, at })
    }

    /// `[column = 'value']`
    fn filter(&mut self) -> Result<Option<Filter>, Mistake> {
        let at = self.scanner.at();
        self.scanner.take('[');
        let Some(column) = self.filter_key() else { return Ok(None) };
        let Some(comparison) = self.comparison() else { return Ok(None) };
        let value = self
            .quoted()
            .or_else(|| self.variable())
            .or_else(|| self.number())
            .or_else(|| self.keyword())
            .or_else(|| self.field());
        let Some(value) = value else { return Ok(None) };
        if !self.scanner.take(']') {
            return Err(Mistake::new(at.saturating_sub(1), "Missing closing ] of filter."));
        }
        Ok(Some(Filter { column, comparison, value, pattern: None, at }))
    }

    fn filter_key(&mut self) -> Option<Expression> {
        if let Some(name) = self.scanner.filter_name() {
            return Some(Expression::Field(name.to_owned()));
        }
        match self.quoted().or_else(|| self.variable()).or_else(|| self.field())? {
            Expression::Quoted(name) => Some(Expression::Field(name)),
            other => Some(other),
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let rest = self.scanner.rest();
        let (sign, comparison) = [
            ("=~", Comparison::Matches),
            ("=", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ]
        .into_iter()
        .find(|(sign, _)| rest.starts_with(sign))?;
        self.scanner.back_to(self.scanner.at() + sign.len());
        self.scanner.skip();
        Some(comparison)
    }

    /// Expressions between commas.
    fn values(&mut self, depth: usize) -> Option<Vec<Expression>> {
        let mut values = Vec::new();
        while let Some(value) = self.expression(depth) {
            values.push(value);
            if !self.scanner.take(',') {
                break;
            }
        }
        (!values.is_empty()).then_some(values)
    }

    /// Sums between spaces.
    fn expression(&mut self, depth: usize) -> Option<Expression> {
        let first = self.sum(depth)?;
        let mut list = vec![first];
        while let Some(next) = self.sum(depth) {
            list.push(next);
        }
        if list.len() == 1 { list.pop() } else { Some(Expression::List(list)) }
    }

    fn sum(&mut self, depth: usize) -> Option<Expression> {
        let mut left = self.product(depth)?;
        loop {
            let at = self.scanner.at();
            let Some(operator) = self.scanner.sum_sign() else { return Some(left) };
            let Some(right) = self.product(depth) else {
                self.scanner.back_to(at);
                return Some(left);
            };
            self.count_operator(at)?;
            left = Expression::Operation { operator, operands: Box::new([left, right]), at };
        }
    }

    fn product(&mut self, depth: usize) -> Option<Expression> {
        let mut left = self.operand(depth)?;
        loop {
            let at = self.scanner.at();
            let operator = match self.scanner.peek() {
                Some('*') => Operator::Multiply,
                Some('/') => Operator::Divide,
                Some('%') => Operator::Remainder,
                _ => return Some(left),
            };
            self.scanner.step();
            let Some(right) = self.operand(depth) else {
                self.scanner.back_to(at);
                return Some(left);
            };
            self.count_operator(at)?;
            left = Expression::Operation { operator, operands: Box::new([left, right]), at };
        }
    }

    fn operand(&mut self, depth: usize) -> Option<Expression> {
        if self.refused.is_some() {
            return None;
        }
        let at = self.scanner.at();
        if depth >= DEEPEST {
            self.refuse(at, "A value is nested too deeply.");
            return None;
        }
        self.looks_left = self.looks_left.saturating_sub(1);
        if self.looks_left == 0 {
            self.refuse(at, "The style is too complicated to be read.");
            return None;
        }
        if self.scanner.take('(') {
            let mut values = self.values(depth + 1)?;
            self.scanner.take(')');
            return if values.len() == 1 { values.pop() } else { Some(Expression::List(values)) };
        }
        self.call(depth)
            .or_else(|| self.number())
            .or_else(|| self.color())
            .or_else(|| self.quoted())
            .or_else(|| self.field())
            .or_else(|| self.variable())
            .or_else(|| self.keyword())
    }

    fn call(&mut self, depth: usize) -> Option<Expression> {
        let start = self.scanner.at();
        let name = self.scanner.function_name()?.to_owned();
        if name == "url" {
            return self.url(start);
        }
        let at = self.scanner.at();
        self.scanner.skip();
        let arguments = self.values(depth + 1).unwrap_or_default();
        if !self.scanner.take(')') {
            self.scanner.back_to(start);
            return None;
        }
        Some(Expression::Call { name, arguments, at })
    }

    fn url(&mut self, start: usize) -> Option<Expression> {
        let address = match self.scanner.quoted() {
            Some(address) => address,
            None => self.scanner.address(),
        }
        .to_owned();
        if self.scanner.take(')') {
            return Some(Expression::Url(address.into()));
        }
        self.scanner.back_to(start);
        None
    }

    fn number(&mut self) -> Option<Expression> {
        self.scanner.number().map(|(value, unit)| Expression::number(value, unit))
    }

    fn color(&mut self) -> Option<Expression> {
        let start = self.scanner.at();
        if let Some(digits) = self.scanner.hexadecimal() {
            return Expression::hexadecimal(digits);
        }
        let word = self.scanner.lower_case_word()?;
        let color = Expression::named_color(word);
        if color.is_none() {
            self.scanner.back_to(start);
        } else {
            self.scanner.skip();
        }
        color
    }

    fn quoted(&mut self) -> Option<Expression> {
        let text = self.scanner.quoted()?.to_owned();
        self.scanner.skip();
        Some(Expression::Quoted(text))
    }

    fn field(&mut self) -> Option<Expression> {
        self.scanner.field_name().map(|name| Expression::Field(name.to_owned()))
    }

    fn variable(&mut self) -> Option<Expression> {
        let at = self.scanner.at();
        self.scanner.variable_name().map(|name| Expression::Variable { name: name.to_owned(), at })
    }

    fn keyword(&mut self) -> Option<Expression> {
        self.scanner.keyword().map(|word| Expression::Keyword(word.to_owned()))
    }
}
