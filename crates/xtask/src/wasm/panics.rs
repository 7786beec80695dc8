//! Takes out of a module what the words of a panic are made of. Nobody hears them: no hook is set, and a panic ends in
//! `unreachable`. Without them it ends there at once.
use anyhow::{Result, bail};
use std::collections::HashSet;
use walrus::ir::{Br, BrIf, BrTable, Call, Instr, InstrSeqId, RefFunc, Return, ReturnCall, Visitor, dfs_in_order};
use walrus::{ConstExpr, DataKind, ElementItems, ExportItem, FunctionId, LocalFunction, Module};

/// Changes when another module comes of the same one.
pub const WAY: &str = "silent 1";

/// Functions of the standard library that only panic, by what their mangled names have in them.
const PANICS: [&str; 16] = [
    "4core9panicking",
    "16slice_error_fail",
    "19slice_error_fail_rt",
    "16slice_index_fail",
    "17len_mismatch_fail",
    "4core6option13unwrap_failed",
    "4core6option13expect_failed",
    "4core6result13unwrap_failed",
    "4core4cell22panic_already_borrowed",
    "4core4cell30panic_already_mutably_borrowed",
    "5alloc7raw_vec17capacity_overflow",
    "5alloc7raw_vec12handle_error",
    "5alloc5alloc18handle_alloc_error",
    "6remove13assert_failed",
    "11swap_remove13assert_failed",
    "9split_off13assert_failed",
];

/// Writes values as text: implementations of `Debug`, `Display` and `Write`, and what calls them.
const FORMATTING: [&str; 2] = ["3fmt", "4core3fmt5write"];

/// What was taken out.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// Functions that only panic.
    pub panics: usize,
    /// Functions that write values as text, which nothing but panics calls.
    pub formatting: usize,
    /// Places in source texts.
    pub places: usize,
}

/// Makes functions that only panic do so at once. An error when there are none: their names may have changed.
pub fn silence(module: &mut Module) -> Result<Taken> {
    let panics = named(module, &PANICS, never_returns);
    if panics.is_empty() {
        bail!("no function of the module is known to panic: see the names in crates/xtask/src/wasm/panics.rs");
    }
    cut(module, &panics);
    // What is in the table may be called by formatting alone; of which none is left if nothing else comes to it.
    let formatting = named(module, &FORMATTING, |_| true);
    let reached = reached(module, &formatting);
    let unused: Vec<_> =
        if formatting.iter().any(|id| reached.contains(id)) { Vec::new() } else { formatting.into_iter().collect() };
    cut(module, &unused);
    Ok(Taken { panics: panics.len(), formatting: unused.len(), places: forget_places(module) })
}

fn named(module: &Module, parts: &[&str], is_meant: impl Fn(&LocalFunction) -> bool) -> Vec<FunctionId> {
    let is_named = |name: &str| parts.iter().any(|part| name.contains(part));
    let local = module.funcs.iter().filter(|function| function.name.as_deref().is_some_and(is_named));
    let meant = local.filter(|function| match &function.kind {
        walrus::FunctionKind::Local(body) => is_meant(body),
        _ => false,
    });
    meant.map(walrus::Function::id).collect()
}

/// Whether a function can only trap, or go on for ever.
fn never_returns(body: &LocalFunction) -> bool {
    let entry = body.entry_block();
    let mut ways = Ways { entry, returns: false };
    dfs_in_order(&mut ways, body, entry);
    let ends = body.block(entry).instrs.last().is_some_and(|(last, _)| matches!(last, Instr::Unreachable(_)));
    ends && !ways.returns
}

/// Looks for ways out of a function.
struct Ways {
    entry: InstrSeqId,
    returns: bool,
}

impl<'a> Visitor<'a> for Ways {
    fn visit_return(&mut self, _: &Return) {
        self.returns = true;
    }

    fn visit_return_call(&mut self, _: &ReturnCall) {
        self.returns = true;
    }

    fn visit_br(&mut self, br: &Br) {
        self.returns |= br.block == self.entry;
    }

    fn visit_br_if(&mut self, br: &BrIf) {
        self.returns |= br.block == self.entry;
    }

    fn visit_br_table(&mut self, br: &BrTable) {
        self.returns |= br.default == self.entry || br.blocks.contains(&self.entry);
    }
}

fn cut(module: &mut Module, ids: &[FunctionId]) {
    for &id in ids {
        let body = module.funcs.get_mut(id).kind.unwrap_local_mut();
        let entry = body.entry_block();
        body.builder_mut().instr_seq(entry).instrs_mut().clear();
        body.builder_mut().instr_seq(entry).unreachable();
    }
}

/// All functions that are called or put into the table, some apart that may be there.
fn reached(module: &Module, apart: &[FunctionId]) -> HashSet<FunctionId> {
    let exported = module.exports.iter().filter_map(|export| match export.item {
        ExportItem::Function(id) => Some(id),
        _ => None,
    });
    let mut waiting: Vec<_> = exported.chain(module.start).collect();
    for element in module.elements.iter() {
        match &element.items {
            ElementItems::Functions(ids) => waiting.extend(ids.iter().filter(|id| !apart.contains(id))),
            ElementItems::Expressions(_, values) => waiting.extend(values.iter().filter_map(|value| match value {
                ConstExpr::RefFunc(id) if !apart.contains(id) => Some(*id),
                _ => None,
            })),
        }
    }
    let mut reached = HashSet::new();
    while let Some(id) = waiting.pop() {
        if let (true, walrus::FunctionKind::Local(body)) = (reached.insert(id), &module.funcs.get(id).kind) {
            dfs_in_order(&mut Calls(&mut waiting), body, body.entry_block());
        }
    }
    reached
}

/// Collects what a function calls.
struct Calls<'a>(&'a mut Vec<FunctionId>);

impl<'a> Visitor<'a> for Calls<'_> {
    fn visit_call(&mut self, call: &Call) {
        self.0.push(call.func);
    }

    fn visit_return_call(&mut self, call: &ReturnCall) {
        self.0.push(call.func);
    }

    fn visit_ref_func(&mut self, made: &RefFunc) {
        self.0.push(made.func);
    }
}

/// Makes zeros of the places in source texts that panics name, and of the names of these texts.
fn forget_places(module: &mut Module) -> usize {
    let mut places = 0;
    let mut texts = HashSet::new();
    let segments: Vec<_> = module.data.iter().filter_map(|data| Some((start(&data.kind)?, data.id()))).collect();
    let is_source = |module: &Module, at: u32, length: u32| {
        segments.iter().any(|&(start, id)| {
            let from = at.checked_sub(start).map(|from| from as usize);
            let text = from.and_then(|from| module.data.get(id).value.get(from..)?.get(..length as usize));
            text.is_some_and(|text| text.ends_with(b".rs") && text.is_ascii())
        })
    };
    for &(_, id) in &segments {
        // Address and length of the name, line and column.
        for at in (0..module.data.get(id).value.len().saturating_sub(15)).step_by(4) {
            let bytes = &module.data.get(id).value[at..at + 16];
            let words = bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
            let [address, length, line, column] = words.collect::<Vec<_>>()[..] else { continue };
            let is_place =
                (4..400).contains(&length) && (1..1_000_000).contains(&line) && (1..10_000).contains(&column);
            if is_place && is_source(module, address, length) {
                module.data.get_mut(id).value[at..at + 16].fill(0);
                texts.insert((address, length));
                places += 1;
            }
        }
    }
    for (address, length) in texts {
        for &(start, id) in &segments {
            let value = &mut module.data.get_mut(id).value;
            let text =
                address.checked_sub(start).and_then(|from| value.get_mut(from as usize..)?.get_mut(..length as usize));
            text.into_iter().for_each(|text| text.fill(0));
        }
    }
    places
}

/// Where a piece of the memory begins.
fn start(kind: &DataKind) -> Option<u32> {
    match kind {
        DataKind::Active { offset: ConstExpr::Value(walrus::ir::Value::I32(start)), .. } => Some(start.cast_unsigned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::ir::Value;
    use walrus::{FunctionBuilder, RefType};

    /// A function of a name that calls others, and does nothing else that lasts.
    fn function(module: &mut Module, name: &str, calls: &[FunctionId], returns: bool) -> FunctionId {
        let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
        builder.name(name.to_owned());
        let mut body = builder.func_body();
        for &call in calls {
            body.call(call);
        }
        if !returns {
            body.unreachable();
        }
        builder.finish(Vec::new(), &mut module.funcs)
    }

    fn length(module: &Module, id: FunctionId) -> usize {
        let body = module.funcs.get(id).kind.unwrap_local();
        body.block(body.entry_block()).instrs.len()
    }

    const PANIC: &str = "_RNvNtCsgX_4core9panicking9panic_fmt";
    const WRITE: &str = "_RNvNtCsgX_4core3fmt5write";
    const DEBUG: &str = "_RNvXs_NtNtCsgX_4core3ops5rangeINtB4_5RangejENtNtB8_3fmt5Debug3fmtB8_";

    #[test]
    fn what_only_panics_does_so_at_once() {
        let mut module = Module::default();
        let write = function(&mut module, WRITE, &[], true);
        let panic = function(&mut module, PANIC, &[write], false);
        let counted = function(&mut module, "_RNvNtCsgX_4core9panicking5count", &[write], true);
        let user = function(&mut module, "user", &[panic], true);
        module.exports.add("user", user);
        let taken = silence(&mut module).unwrap();
        assert_eq!(taken, Taken { panics: 1, formatting: 1, places: 0 });
        assert_eq!((length(&module, panic), length(&module, counted), length(&module, user)), (1, 1, 1));
    }

    #[test]
    fn a_module_without_panics_is_an_error() {
        let mut module = Module::default();
        let user = function(&mut module, "user", &[], true);
        module.exports.add("user", user);
        assert!(silence(&mut module).is_err());
    }

    #[test]
    fn formatting_stays_where_something_else_needs_it() {
        for needs in [false, true] {
            let mut module = Module::default();
            let panic = function(&mut module, PANIC, &[], false);
            let debug = function(&mut module, DEBUG, &[panic], true);
            let write = function(&mut module, WRITE, &[debug], true);
            let calls = if needs { vec![panic, write] } else { vec![panic] };
            let user = function(&mut module, "user", &calls, true);
            module.exports.add("user", user);
            let table = module.tables.add_local(false, 1, None, RefType::FUNCREF);
            let kind = walrus::ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(0)) };
            module.elements.add(kind, ElementItems::Functions(vec![debug]));
            let taken = silence(&mut module).unwrap();
            assert_eq!(taken.formatting, if needs { 0 } else { 2 });
        }
    }

    #[test]
    fn places_become_zeros_and_other_numbers_stay() {
        let mut module = Module::default();
        let panic = function(&mut module, PANIC, &[], false);
        module.exports.add("panic", panic);
        let memory = module.memories.add_local(false, false, 1, None, None);
        let words = |words: [u32; 4]| words.map(u32::to_le_bytes).concat();
        let value = [words([1024 + 32, 8, 12, 5]), words([1024 + 36, 4, 12, 5]), b"src/a.rs".to_vec()].concat();
        let offset = ConstExpr::Value(Value::I32(1024));
        let data = module.data.add(DataKind::Active { memory, offset }, value);
        assert_eq!(silence(&mut module).unwrap().places, 2);
        assert!(module.data.get(data).value.iter().all(|&byte| byte == 0));
        module.data.get_mut(data).value = [words([1024 + 16, 8, 12, 5]), b"src/a.js".to_vec()].concat();
        let before = module.data.get(data).value.clone();
        assert_eq!(silence(&mut module).unwrap().places, 0);
        assert_eq!(module.data.get(data).value, before);
    }
}
