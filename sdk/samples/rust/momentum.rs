// A signal plugin in Rust with rustc alone: BUY when a bar closes above the one before, SELL when below.
//   rustc --edition 2021 --crate-type cdylib -C panic=abort -C opt-level=3 -C relocation-model=pic momentum.rs -o libmomentum_rust.so
// The structs are those of plugin.h, field for field. A panic may not cross the boundary: every entry is extern "C",
// which stops the process rather than unwind into the host, and nothing here indexes or unwraps.
#![allow(non_camel_case_types)]
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::mem::size_of;

type Status = i32;
const OK: Status = 0;
const E_INVALID: Status = -1;
const E_STATE: Status = -3;
const EV_BAR: u16 = 1;
const SIGNAL: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bl_str {
    ptr: *const u8,
    len: u64,
}
#[repr(C)]
pub struct bl_error {
    status: i32,
    native_code: i32,
    message: [u8; 248],
}
#[repr(C)]
pub struct bl_event {
    size: u32,
    kind: u16,
    flags: u16,
    id: u64,
    ts_event: i64,
    ts_recv: i64,
    instrument: u32,
    source: u32,
    seq: u64,
}
#[repr(C)]
pub struct bl_bar {
    h: bl_event,
    open_ns: i64,
    close_ns: i64,
    px_exp: i8,
    qty_exp: i8,
    is_final: u8,
    pad: [u8; 5],
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume: i64,
    quote_volume: i64,
    trades: u64,
}
/// bl_dec: i128 would be aligned to 16, the two words are not.
#[repr(C)]
pub struct bl_dec {
    lo: u64,
    hi: i64,
}
#[repr(C)]
pub struct bl_prediction {
    size: u32,
    instrument: u32,
    action: u32,
    flags: u32,
    p_up: f64,
    p_flat: f64,
    p_down: f64,
    confidence: f64,
    weight: f64,
    threshold: f64,
    expected_move: f64,
    ref_px: bl_dec,
    horizon_ns: i64,
    valid_until_ns: i64,
    cause: u64,
    model_id: bl_str,
}
#[repr(C)]
pub struct bl_sink {
    size: u32,
    pad: u32,
    ctx: *mut c_void,
    event: *const c_void,
    prediction: extern "C" fn(*mut c_void, *const bl_prediction) -> Status,
    target: *const c_void,
    stop: *const c_void,
}
#[repr(C)]
pub struct bl_needs {
    size: u32,
    warmup_bars: u32,
    event_mask: u64,
}
#[repr(C)]
pub struct bl_base {
    size: u32,
    pad: u32,
    create: extern "C" fn(*const c_void, *mut *mut Momentum, *mut bl_error) -> Status,
    configure: extern "C" fn(*mut Momentum, bl_str, *mut bl_error) -> Status,
    start: extern "C" fn(*mut Momentum, *mut bl_error) -> Status,
    stop: extern "C" fn(*mut Momentum, i64, *mut bl_error) -> Status,
    destroy: extern "C" fn(*mut Momentum),
    optional: [*const c_void; 4], // on_wake, save, load, extension
}
#[repr(C)]
pub struct bl_signal_v1 {
    size: u32,
    pad: u32,
    needs: extern "C" fn(*mut Momentum, *mut bl_needs) -> Status,
    on_event: extern "C" fn(*mut Momentum, *const bl_event, *const bl_sink) -> Status,
}
#[repr(C)]
pub struct bl_plugin {
    size: u32,
    kind: u32,
    id: bl_str,
    version: bl_str,
    config_schema: bl_str,
    base: *const bl_base,
    vtable: *const bl_signal_v1,
}
#[repr(C)]
pub struct bl_module {
    size: u32,
    abi_minor: u32,
    min_host_minor: u32,
    n_plugins: u32,
    plugins: *const *const bl_plugin,
    build: bl_str,
}
/// Tables of pointers to statics: nothing in them ever changes.
struct Fixed<T>(T);
unsafe impl<T> Sync for Fixed<T> {}

const fn text(s: &'static str) -> bl_str {
    bl_str { ptr: s.as_ptr(), len: s.len() as u64 }
}
const _: () = assert!(
    size_of::<bl_event>() == 48
        && size_of::<bl_bar>() == 128
        && size_of::<bl_prediction>() == 128
        && size_of::<bl_sink>() == 48
        && size_of::<bl_base>() == 80
        && size_of::<bl_plugin>() == 72
        && size_of::<bl_module>() == 40
        && size_of::<bl_error>() == 256
);

#[derive(PartialEq, Clone, Copy)]
enum Life {
    Created,
    Configured,
    Running,
    Stopped,
}
pub struct Momentum {
    life: Life,
    last: BTreeMap<u32, (i64, i8)>, // close and exponent, by instrument
}

fn refuse(err: *mut bl_error, status: Status, why: &str) -> Status {
    if let Some(e) = unsafe { err.as_mut() } {
        e.status = status;
        e.native_code = 0;
        e.message = [0; 248];
        for (to, from) in e.message.iter_mut().take(247).zip(why.bytes()) {
            *to = from;
        }
    }
    status
}
/// One step of the life cycle, if it is legal now.
fn step(inst: *mut Momentum, from: &[Life], to: Life, err: *mut bl_error) -> Status {
    match unsafe { inst.as_mut() } {
        None => refuse(err, E_INVALID, "there is no instance"),
        Some(m) if !from.contains(&m.life) => refuse(err, E_STATE, "not in this state"),
        Some(m) => {
            m.life = to;
            OK
        }
    }
}
extern "C" fn create(_host: *const c_void, out: *mut *mut Momentum, _err: *mut bl_error) -> Status {
    unsafe { *out = Box::into_raw(Box::new(Momentum { life: Life::Created, last: BTreeMap::new() })) };
    OK
}
extern "C" fn configure(inst: *mut Momentum, _json: bl_str, err: *mut bl_error) -> Status {
    step(inst, &[Life::Created, Life::Stopped], Life::Configured, err)
}
extern "C" fn start(inst: *mut Momentum, err: *mut bl_error) -> Status {
    let status = step(inst, &[Life::Configured, Life::Stopped], Life::Running, err);
    if status == OK {
        unsafe { (*inst).last.clear() };
    }
    status
}
extern "C" fn stop(inst: *mut Momentum, _grace_ns: i64, err: *mut bl_error) -> Status {
    step(inst, &[Life::Running], Life::Stopped, err)
}
extern "C" fn destroy(inst: *mut Momentum) {
    if !inst.is_null() {
        drop(unsafe { Box::from_raw(inst) });
    }
}
extern "C" fn needs(inst: *mut Momentum, out: *mut bl_needs) -> Status {
    match unsafe { (inst.as_ref(), out.as_mut()) } {
        (Some(m), Some(n)) if m.life != Life::Created => {
            n.warmup_bars = 1;
            n.event_mask = 1 << EV_BAR;
            OK
        }
        _ => E_STATE,
    }
}
/// m x 10^exp as a count of 10^-18; "not set" when it does not fit.
fn price(m: i64, exp: i8) -> bl_dec {
    let scale = 18 + i32::from(exp);
    let units = u32::try_from(scale).ok().and_then(|s| 10i128.checked_pow(s)).and_then(|p| p.checked_mul(i128::from(m)));
    match units {
        Some(v) => bl_dec { lo: v as u64, hi: (v >> 64) as i64 },
        None => bl_dec { lo: 0, hi: i64::MIN },
    }
}
extern "C" fn on_event(inst: *mut Momentum, event: *const bl_event, sink: *const bl_sink) -> Status {
    let (Some(m), Some(e), Some(out)) = (unsafe { inst.as_mut() }, unsafe { event.as_ref() }, unsafe { sink.as_ref() })
    else {
        return E_INVALID;
    };
    if m.life != Life::Running {
        return E_STATE;
    }
    if e.kind != EV_BAR {
        return OK; // unknown: ignored
    }
    let bar = unsafe { &*(event as *const bl_bar) };
    if bar.is_final == 0 || bar.close <= 0 {
        return OK;
    }
    let Some((before, exp)) = m.last.insert(e.instrument, (bar.close, bar.px_exp)) else { return OK };
    if exp != bar.px_exp {
        return OK;
    }
    let length = bar.close_ns.wrapping_sub(bar.open_ns);
    let say = bl_prediction {
        size: size_of::<bl_prediction>() as u32,
        instrument: e.instrument,
        action: if bar.close > before { 1 } else if bar.close < before { 2 } else { 3 },
        flags: 0,
        p_up: f64::NAN,
        p_flat: f64::NAN,
        p_down: f64::NAN,
        confidence: if bar.close == before { 0.0 } else { 1.0 },
        weight: f64::NAN,
        threshold: f64::NAN,
        expected_move: f64::NAN,
        ref_px: price(bar.close, bar.px_exp),
        horizon_ns: length,
        valid_until_ns: bar.close_ns.wrapping_add(length),
        cause: e.id,
        model_id: text("momentum_rust"),
    };
    (out.prediction)(out.ctx, &say)
}

static BASE: Fixed<bl_base> = Fixed(bl_base {
    size: size_of::<bl_base>() as u32,
    pad: 0,
    create,
    configure,
    start,
    stop,
    destroy,
    optional: [std::ptr::null(); 4],
});
static TABLE: Fixed<bl_signal_v1> =
    Fixed(bl_signal_v1 { size: size_of::<bl_signal_v1>() as u32, pad: 0, needs, on_event });
static PLUGIN: Fixed<bl_plugin> = Fixed(bl_plugin {
    size: size_of::<bl_plugin>() as u32,
    kind: SIGNAL,
    id: text("bowline.sample.momentum_rust"),
    version: text("1.0.0"),
    config_schema: text("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}"),
    base: &BASE.0,
    vtable: &TABLE.0,
});
static LIST: Fixed<[*const bl_plugin; 1]> = Fixed([&PLUGIN.0]);
static MODULE: Fixed<bl_module> = Fixed(bl_module {
    size: size_of::<bl_module>() as u32,
    abi_minor: 0,
    min_host_minor: 0,
    n_plugins: 1,
    plugins: LIST.0.as_ptr(),
    build: text("rustc"),
});

#[no_mangle]
pub extern "C" fn bowline_module_v1() -> *const bl_module {
    &MODULE.0
}

/// The ELF note: name "bowline", then the manifest.
const MANIFEST: &[u8] = b"{\"abi\":1,\"min_host_minor\":0,\"plugins\":[{\"id\":\"bowline.sample.momentum_rust\",\"kind\":\"signal\",\"version\":\"1.0.0\"}]}";
const PADDED: usize = MANIFEST.len().div_ceil(4) * 4;
#[repr(C, align(4))]
pub struct Note {
    namesz: u32,
    descsz: u32,
    kind: u32,
    name: [u8; 8],
    desc: [u8; PADDED],
}
const fn padded() -> [u8; PADDED] {
    let mut to = [0; PADDED];
    let mut i = 0;
    while i < MANIFEST.len() {
        to[i] = MANIFEST[i];
        i += 1;
    }
    to
}
#[used]
#[link_section = ".note.bowline"]
static NOTE: Note = Note { namesz: 8, descsz: MANIFEST.len() as u32, kind: 1, name: *b"bowline\0", desc: padded() };
