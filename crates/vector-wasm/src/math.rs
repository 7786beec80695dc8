//! Mathematics, which browsers have: here under the names that the linker asks for, in the place of 16 kB of the standard
//! library's.

#![allow(unsafe_code, reason = "the linker finds functions by their names")]

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Math, js_name = acos)]
    fn host_acos(number: f64) -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = atan2)]
    fn host_atan2(y: f64, x: f64) -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = cos)]
    fn host_cos(number: f64) -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = log)]
    fn host_log(number: f64) -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = pow)]
    fn host_pow(base: f64, exponent: f64) -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = sin)]
    fn host_sin(number: f64) -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = tan)]
    fn host_tan(number: f64) -> f64;
}

#[wasm_bindgen(module = "carto-engine")]
extern "C" {
    #[wasm_bindgen(js_namespace = numbers, js_name = rest)]
    fn host_rest(number: f64, divisor: f64) -> f64;
}

#[unsafe(no_mangle)]
extern "C" fn sin(number: f64) -> f64 {
    host_sin(number)
}

#[unsafe(no_mangle)]
extern "C" fn cos(number: f64) -> f64 {
    host_cos(number)
}

#[unsafe(no_mangle)]
extern "C" fn tan(number: f64) -> f64 {
    host_tan(number)
}

#[unsafe(no_mangle)]
extern "C" fn log(number: f64) -> f64 {
    host_log(number)
}

#[unsafe(no_mangle)]
extern "C" fn atan(number: f64) -> f64 {
    host_atan2(number, 1.0)
}

#[unsafe(no_mangle)]
extern "C" fn atan2(y: f64, x: f64) -> f64 {
    host_atan2(y, x)
}

#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    host_pow(base, exponent)
}

#[unsafe(no_mangle)]
extern "C" fn exp2(exponent: f64) -> f64 {
    host_pow(2.0, exponent)
}

#[unsafe(no_mangle)]
extern "C" fn fmod(number: f64, divisor: f64) -> f64 {
    host_rest(number, divisor)
}

#[unsafe(no_mangle)]
extern "C" fn sinf(number: f32) -> f32 {
    host_sin(number.into()) as f32
}

#[unsafe(no_mangle)]
extern "C" fn cosf(number: f32) -> f32 {
    host_cos(number.into()) as f32
}

#[unsafe(no_mangle)]
extern "C" fn acosf(number: f32) -> f32 {
    host_acos(number.into()) as f32
}

#[unsafe(no_mangle)]
extern "C" fn powf(base: f32, exponent: f32) -> f32 {
    host_pow(base.into(), exponent.into()) as f32
}

#[unsafe(no_mangle)]
extern "C" fn fmodf(number: f32, divisor: f32) -> f32 {
    host_rest(number.into(), divisor.into()) as f32
}
