//! Files of others: what they become, what is refused, and what comes back after export.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::sample;
use crate::{
    scenario::Prefill,
    trace::{
        ExportFormat, ImportFormat, Imported, Lookups, RowFormat, Trace, TraceError, export, export_rows, import, read,
        text,
    },
};

const ROUTE: &str = "\
# route_trace v1
# model=/sdcard/Qwen3-30B-A3B-Q4_K_M.gguf arch=qwen3moe n_layer=2 n_expert=8 n_expert_used=2
# layer=0 expert_bytes=30 dense_bytes=7
# layer=1 expert_bytes=20 dense_bytes=7
turn,phase,step,layer,slot,expert,weight,residency,expert_bytes
0,0,0,0,0,5,0.75,0,30
0,0,0,0,1,2,0.25,0,30
0,0,1,0,0,2,0.5,1,0
0,0,1,0,1,3,0.5,0,30
0,0,1,1,0,7,1,0,20
0,1,2,0,0,1,1,0,30
0,1,2,1,0,7,1,1,0
1,0,0,0,0,0,1,0,30
";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn import(&self, bytes: &[u8], format: Option<ImportFormat>) -> Result<(Imported, Trace), TraceError> {
        fs::write(self.path("in"), bytes).unwrap();
        let imported = import(&self.path("in"), &self.path("out"), format)?;
        Ok((imported, read(&self.path("out"))?))
    }

    /// The error, without the folder; nothing may have been written.
    fn refused(&self, bytes: &[u8], format: Option<ImportFormat>) -> String {
        let error = self.import(bytes, format).map(|(imported, _)| imported).unwrap_err();
        assert!(!self.path("out").exists(), "{error}");
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

#[test]
fn a_route_becomes_a_trace_of_its_model() {
    let (imported, trace) = Folder::new().import(ROUTE.as_bytes(), None).unwrap();
    assert_eq!((imported.format, imported.tokens, imported.lookups), (ImportFormat::RouteCsv, 4, 8));
    let expected = "\
geometry expert layers=2 bundles=8
bundle-bytes 30,20
model qwen3-30b-a3b
recorder route_trace
recorder-version v1
definition experts that the router chose
note source = Qwen3-30B-A3B-Q4_K_M.gguf
scores

request 0
0 prefill 0: 2:0.25 5:0.75
0 prefill 1:
1 prefill 0: 2:0.5 3:0.5
1 prefill 1: 7:1
2 decode 0: 1:1
2 decode 1: 7:1

request 1
0 prefill 0: 0:1
0 prefill 1:
";
    assert_eq!(text::format(&trace), expected);
}

#[test]
fn steps_may_begin_again_with_the_phase_and_a_preamble_may_be_missing() {
    let lines = ROUTE.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let again = lines.replace("\n0,1,2,", "\n0,1,0,");
    let folder = Folder::new();
    let [(_, plain), (_, again)] = [lines, again].map(|lines| folder.import(lines.as_bytes(), None).unwrap());
    assert_eq!(plain, again);
    let header = plain.header();
    assert_eq!((header.geometry.layers, header.geometry.bundles_per_layer), (2, 8));
    assert_eq!((&header.bundle_bytes[..], header.model.as_str()), (&[30, 20][..], ""));
}

#[test]
fn a_wrong_route_is_named_by_its_line() {
    let folder = Folder::new();
    for (from, to, expected) in [
        ("n_layer=2", "n_layer=two", "in:2: n_layer is `two`"),
        ("n_layer=2", "n_layer=1", "in:10: layer 1, expert 7 of a model that has 1 layers of 8 experts"),
        ("n_layer=2", "n_layer=0", "in:7: layer 0, expert 2 of a model that has 0 layers"),
        ("turn,phase", "round,phase", "in:5: no column is named turn"),
        ("0,0,0,0,1,2,0.25,0,30", "0,0,0,0,1", "in:7: ends before its expert"),
        ("0,0,0,0,1,2,0.25,0,30", "0,0,0,0,1,x,0.25,0,30", "in:7: expert is `x`"),
        ("0,0,0,0,1,2,0.25,0,30", "0,0,0,0,1,2,NaN,0,30", "in:7: weight is `NaN`"),
        ("0,0,0,0,1,2,0.25,0,30", "0,2,0,0,1,2,0.25,0,30", "in:7: phase is 2; write 0"),
        ("0,0,0,0,1,2,", "0,0,0,0,1,5,", "in:7: expert 5 was chosen for the same token and layer on line 6 already"),
        ("0,1,2,", "0,1,3,", "in:11: decode step 3 of turn 0 where step 2 must come next"),
        ("0,1,2,1,", "0,1,1,1,", "in:12: decode step 1 of turn 0 where step 2 must come next"),
    ] {
        assert!(ROUTE.contains(from));
        let error = folder.refused(ROUTE.replace(from, to).as_bytes(), Some(ImportFormat::RouteCsv));
        assert!(error.starts_with(expected), "{error}");
    }
    // A preamble, or a line without one, may claim one token of many layers, but not many such tokens.
    let claim = ROUTE.replace("n_layer=2", "n_layer=60000");
    let claimed = "in has 8 experts for 4 tokens of 60000 layers; correct n_layer, or the highest layer";
    assert!(folder.refused(claim.as_bytes(), None).contains(claimed));
    let one = "turn,phase,step,layer,expert\n0,0,0,59999,0\n";
    assert_eq!(Folder::new().import(one.as_bytes(), None).unwrap().1.rows(), 60_000);
    let start = &ROUTE[..ROUTE.find("0,0,0").unwrap()];
    assert!(folder.refused(start.as_bytes(), None).contains("in holds no routes"));
}

const LOG: &str = r#"{"type": "meta", "model_id": "Qwen/Toy", "vllm_version": "0.11", "top_k": 2, "num_experts": 8}
{"type": "route", "req_id": "b", "token_idx": 0, "layer": 8, "topk_ids": [6, 3], "topk_weights": [0.5, 0.25]}
{"type": "route", "req_id": "b", "token_idx": 1, "layer": 8, "topk_ids": [1, 2], "topk_weights": [0.5, 0.25]}
{"type": "route", "req_id": "b", "token_idx": 1, "layer": 3, "topk_ids": [0, 7], "topk_weights": [0.75, 0.25]}
{"type": "route", "req_id": "b", "token_idx": 0, "layer": 3, "topk_ids": [5, 4], "topk_weights": [0.5, 0.25]}
{"type": "route", "req_id": "a", "token_idx": 4, "layer": 3, "topk_ids": [2], "topk_weights": [1]}
{"type": "route", "req_id": "a", "token_idx": 4, "layer": 8, "topk_ids": [0], "topk_weights": [1]}
"#;

#[test]
fn a_log_of_a_server_becomes_a_trace_of_the_layers_that_it_has() {
    let (imported, trace) = Folder::new().import(LOG.as_bytes(), None).unwrap();
    assert_eq!((imported.format, imported.tokens, imported.lookups), (ImportFormat::JsonLines, 3, 10));
    let expected = "\
geometry expert layers=2 bundles=8
model Qwen/Toy
recorder json-lines
recorder-version vLLM 0.11
definition experts that the router chose
note layers = 3, 8 of the model
scores

request 0
0 decode 0: 4:0.25 5:0.5
0 decode 1: 3:0.25 6:0.5
1 decode 0: 0:0.75 7:0.25
1 decode 1: 1:0.5 2:0.25

request 1
0 decode 0: 2:1
0 decode 1: 0:1
";
    assert_eq!(text::format(&trace), expected);
}

#[test]
fn a_warm_up_is_named_and_left_out() {
    let line = |token: u32, id: u32| format!("{{\"token_idx\": {token}, \"layer\": 0, \"topk_ids\": [{id}, 7]}}\n");
    let log = |equal: u32| {
        (0..equal).map(|token| line(token, 1)).chain((equal..equal + 3).map(|token| line(token, token % 5 + 2)))
    };
    let (imported, trace) = Folder::new().import(log(16).collect::<String>().as_bytes(), None).unwrap();
    let left_out = imported.left_out.unwrap();
    assert!(left_out.starts_with("a warm-up: the first 16 tokens are all equal"), "{left_out}");
    assert_eq!((imported.tokens, trace.tokens(), &trace.header().notes["left-out"]), (3, 3, &left_out));
    // Fifteen may be a text's own, and so may a log of nothing else.
    let (imported, trace) = Folder::new().import(log(15).collect::<String>().as_bytes(), None).unwrap();
    assert_eq!((imported.left_out, trace.tokens()), (None, 18));
    let all: String = (0..40).map(|token| line(token, 1)).collect();
    assert_eq!(Folder::new().import(all.as_bytes(), None).unwrap().1.tokens(), 40);
}

#[test]
fn a_wrong_log_is_named_by_its_line() {
    let folder = Folder::new();
    for (from, to, expected) in [
        ("\"layer\": 3, \"topk_ids\": [0, 7]", "\"layer\": 9, \"topk_ids\": [0, 7]", "in:5: token 0 lacks layer 9"),
        ("[0, 7]", "[0, 8]", "in:4: expert 8 of 8; correct the line, or num_experts"),
        ("[0, 7]", "[7, 7]", "in:4: expert 7 twice"),
        ("[0, 7]", "[0, 7, 1]", "in:4: 2 topk_weights for 3 topk_ids"),
        ("[0, 7]", "[0, -7]", "in:4: invalid value: integer `-7`, expected u32"),
        ("[0, 7]", "[0, 4294967296]", "in:4: invalid value: integer `4294967296`, expected u32"),
        (
            "\"token_idx\": 1, \"layer\": 3",
            "\"token_idx\": 1, \"layer\": 8",
            "in:4: token 1, layer 8 is on line 3 already",
        ),
        ("\"token_idx\": 1, \"layer\": 3", "\"layer\": 3", "in:4: has no token_idx"),
        (", \"topk_weights\": [0.75, 0.25]", "", "in:4: has topk_weights where others have none"),
        (
            "{\"type\": \"route\", \"req_id\": \"a\", \"token_idx\": 4, \"layer\": 3",
            "{\"type\": \"meta\", \"num_experts\": 9",
            "in:6: describes another model",
        ),
        (
            "\"req_id\": \"a\", \"token_idx\": 4, \"layer\": 8",
            "\"req_id\": \"a\", \"token_idx\": 5, \"layer\": 8",
            "in:6: token 4 lacks layer 8",
        ),
    ] {
        assert!(LOG.contains(from), "{from}");
        let error = folder.refused(LOG.replacen(from, to, 1).as_bytes(), Some(ImportFormat::JsonLines));
        assert!(error.starts_with(expected), "{error} is not {expected}");
    }
    assert!(folder.refused(b"{}", None).starts_with("in holds no routes"));
    assert!(folder.refused(b"{\"layer\": 0,", None).starts_with("in:1: EOF while parsing"));
    assert!(
        folder
            .refused(&vec![b'['; 2_000_000], Some(ImportFormat::JsonLines))
            .starts_with("in:1: a line of more than 1048576 bytes")
    );
}

#[test]
fn a_text_stream_becomes_one_layer_of_lookups() {
    let folder = Folder::new();
    let streams = [
        "time,obj_id,size,next_access_vtime\n0,3,64,3\n1,1,64,-1\n2,3,64,-1\n",
        "# time,object,size,next_access_vtime\n0,3,64,3\n1,1,64,-1\n\n2,3,64,-1\n",
        "0,3,64,3\n1,1,64,-1\n2,3,64,-1",
        "obj,size\n3,64\n1,64\n3,64\n",
    ];
    let traces = streams.map(|stream| folder.import(stream.as_bytes(), None).unwrap());
    for (imported, trace) in &traces {
        assert_eq!((imported.format, &imported.left_out), (ImportFormat::Csv, &None));
        assert_eq!(trace, &traces[0].1);
    }
    let trace = &traces[0].1;
    let rows: Vec<u32> = trace.iter().flat_map(|row| row.active.to_vec()).collect();
    assert_eq!((rows, trace.requests()[0].decode_tokens), (vec![3, 1, 3], 3));
    assert_eq!((trace.geometry().layers, trace.geometry().bundles_per_layer), (1, 4));
    assert_eq!(trace.header().bundle_bytes, [64]);
}

#[test]
fn large_numbers_are_counted_as_they_appear_and_sizes_that_differ_are_left_out() {
    let stream = "0,99999999999,64,3\n1,7,32,-1\n2,99999999999,64,-1\n";
    let (imported, trace) = Folder::new().import(stream.as_bytes(), None).unwrap();
    let rows: Vec<u32> = trace.iter().flat_map(|row| row.active.to_vec()).collect();
    assert_eq!((rows, trace.geometry().bundles_per_layer), (vec![0, 1, 0], 2));
    assert!(trace.header().bundle_bytes.is_empty());
    assert!(imported.left_out.unwrap().starts_with("sizes, which go from 32 to 64 bytes"));
}

#[test]
fn a_wrong_stream_is_named_by_its_place() {
    let folder = Folder::new();
    let csv = Some(ImportFormat::Csv);
    for (stream, expected) in [
        ("", "in holds no lookups"),
        ("time,thing\n0,1\n", "in:1: no column is named obj_id; write a lookup as"),
        ("0,1,64,-1\n1,x,64,-1\n", "in:2: the object `x` is no whole number"),
        ("0,1,64,-1\n1,2,-64,-1\n", "in:2: the size `-64` is no whole number"),
        ("0,1,64,-1\n1\n", "in:2: has no object"),
    ] {
        let error = folder.refused(stream.as_bytes(), csv);
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(folder.refused(&[0xff; 30], csv).starts_with("in:1: bytes that are no text"));
    assert!(folder.refused(&[b'1'; 5000], csv).starts_with("in:1: a line of more than 4096 bytes"));
    let records = Some(ImportFormat::OracleGeneral);
    assert!(folder.refused(&[0; 25], records).starts_with("in of 25 bytes is no oracle-general file"));
    let mut stream = [0; 48];
    stream[40..].copy_from_slice(&(-2_i64).to_le_bytes());
    assert!(folder.refused(&stream, None).starts_with("in: record 1: the next access is at -2"));
    assert!(
        folder.refused(&sample::bytes(&sample::scattered(2, 1, 4, false)), None).starts_with("in is a trace already")
    );
}

#[test]
fn lookups_of_a_trace_are_its_steps() {
    let trace = text::parse(
        "t",
        "geometry expert layers=2 bundles=4\n0 prefill 0: 1 3\n0 prefill 1: 0\n1 prefill 0: 0 3\n1 prefill 1:\n\
         2 decode 0: 2\n2 decode 1: 0 1\nrequest 1\n0 decode 0: 3\n0 decode 1:\n",
    );
    let trace = trace.unwrap();
    let steps = |prefill| {
        let lookups = Lookups::of(&trace, prefill);
        let steps: Vec<(bool, Vec<u32>)> = lookups.steps().map(|step| (step.decode, step.ids.to_vec())).collect();
        assert_eq!(lookups.ids(), steps.iter().flat_map(|(_, ids)| ids.clone()).collect::<Vec<_>>());
        steps
    };
    let decode = [(true, vec![2]), (true, vec![4, 5]), (true, vec![3]), (true, vec![])];
    let batched = [(false, vec![0, 1, 3]), (false, vec![4])];
    assert_eq!(steps(Prefill::Batched), [&batched[..], &decode].concat());
    let sequential = [(false, vec![1, 3]), (false, vec![4]), (false, vec![0, 3]), (false, vec![])];
    assert_eq!(steps(Prefill::Sequential), [&sequential[..], &decode].concat());
}

#[test]
fn an_export_is_what_libcachesim_reads() {
    let trace = text::parse(
        "t",
        "geometry expert layers=2 bundles=4\n0 decode 0: 1 3\n0 decode 1: 0\n1 decode 0: 3\n1 decode 1: 0\n",
    );
    let lookups = Lookups::of(&trace.unwrap(), Prefill::Batched);
    let folder = Folder::new();
    let path = folder.path("out");
    export(&lookups, &[30, 20], ExportFormat::Csv, &path).unwrap();
    let csv = "time,obj_id,size,next_access_vtime\n0,1,30,-1\n0,3,30,4\n0,4,20,5\n1,3,30,-1\n1,4,20,-1\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), csv);
    export(&lookups, &[], ExportFormat::OracleGeneral, &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let third: [u8; 24] = [0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!((bytes.len(), &bytes[48..72]), (5 * 24, &third[..]));
}

#[test]
fn a_packed_stream_is_read_frame_by_frame() {
    // Two frames of 25 and 15 lookups, as `zstd` made them and `cat` joined them.
    let packed = fixture("lookups.oracleGeneral.zst");
    let folder = Folder::new();
    let (imported, trace) = folder.import(&packed, None).unwrap();
    assert_eq!((imported.format, imported.lookups), (ImportFormat::OracleGeneral, 40));
    let rows: Vec<u32> = trace.iter().flat_map(|row| row.active.to_vec()).collect();
    assert_eq!(rows, (0..40).map(|at| at % 7).collect::<Vec<_>>());
    assert_eq!(trace.header().bundle_bytes, [64]);

    let folder = Folder::new();
    let cut = folder.refused(&packed[..packed.len() - 9], None);
    assert!(cut.starts_with("in: cannot read: ") || cut.contains("it is cut short"), "{cut}");
    // A frame that asks for a window of 2 GiB gets none.
    let wide = [&packed[..4], &[0x00, 0xa8, 0x01, 0x00, 0x00]].concat();
    assert!(folder.refused(&wide, None).contains("window"), "{}", folder.refused(&wide, None));
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests-data/trace/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_that_go_out_come_back(trace in sample::any_trace()) {
        let folder = Folder::new();
        let path = folder.path("rows");
        export_rows(&trace, RowFormat::JsonLines, &path).unwrap();
        let (_, back) = folder.import(&fs::read(&path).unwrap(), Some(ImportFormat::JsonLines)).unwrap();
        let rows = |trace: &Trace| trace.iter().map(|row| (row.request, row.token, row.phase, row.layer, row.active.to_vec())).collect::<Vec<_>>();
        prop_assert_eq!(rows(&back), rows(&trace));
        prop_assert_eq!(back.geometry().bundles_per_layer, trace.geometry().bundles_per_layer);
        export_rows(&trace, RowFormat::Arrow, &path).unwrap();
        let (imported, back) = folder.import(&fs::read(&path).unwrap(), None).unwrap();
        prop_assert_eq!(imported.format, ImportFormat::Arrow);
        prop_assert_eq!(&back, &trace);
        // A route has no line for an empty set: a token without any is not there.
        let whole = trace.iter().all(|row| !row.active.is_empty());
        if whole {
            export_rows(&trace, RowFormat::RouteCsv, &path).unwrap();
            let (_, back) = folder.import(&fs::read(&path).unwrap(), Some(ImportFormat::RouteCsv)).unwrap();
            prop_assert_eq!(rows(&back), rows(&trace));
        }
    }

    #[test]
    fn what_goes_out_comes_back(trace in sample::any_trace(), sequential in any::<bool>()) {
        let lookups = Lookups::of(&trace, if sequential { Prefill::Sequential } else { Prefill::Batched });
        prop_assume!(!lookups.ids().is_empty());
        let folder = Folder::new();
        for format in [ExportFormat::Csv, ExportFormat::OracleGeneral] {
            export(&lookups, &[], format, &folder.path("stream")).unwrap();
            let bytes = fs::read(folder.path("stream")).unwrap();
            // A binary file of few lookups may look like text.
            let format = if format == ExportFormat::Csv { ImportFormat::Csv } else { ImportFormat::OracleGeneral };
            let (imported, back) = folder.import(&bytes, Some(format)).unwrap();
            prop_assert_eq!(imported.lookups, lookups.ids().len() as u64);
            let back = Lookups::of(&back, Prefill::Batched);
            prop_assert_eq!(back.ids(), lookups.ids());
        }
    }
}

#[test]
fn damaged_files_are_refused_or_read() {
    let folder = Folder::new();
    let stream: Vec<u8> = (0..40_u8)
        .flat_map(|at| [0, 0, 0, 0, at % 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0].into_iter().chain([255; 8]))
        .collect();
    let csv = (0..40).map(|at| format!("{at},{},64,-1", at % 7)).collect::<Vec<_>>().join("\n");
    let mut random = super::fuzz::Random::new(1);
    for (original, format) in [
        (ROUTE.as_bytes(), ImportFormat::RouteCsv),
        (&stream[..], ImportFormat::OracleGeneral),
        (csv.as_bytes(), ImportFormat::Csv),
    ] {
        let (mut refused, mut accepted) = (0, 0);
        for round in 0..600 {
            let mut bytes = original.to_vec();
            random.damage(&mut bytes);
            fs::write(folder.path("in"), &bytes).unwrap();
            let given = (round % 2 == 0).then_some(format);
            let result = catch_unwind(AssertUnwindSafe(|| import(&folder.path("in"), &folder.path("out"), given)));
            let Ok(result) = result else { panic!("round {round} of {format} panics") };
            match result {
                Ok(_) => {
                    read(&folder.path("out")).unwrap();
                    accepted += 1;
                }
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 30 && accepted > 30, "{format}: {refused} refused, {accepted} read");
    }
}
