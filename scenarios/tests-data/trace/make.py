"""Writes the fixtures of this folder: one trace, as pyarrow, pandas and careless scripts would write it.

    pip install pyarrow==26.0.1 && python make.py

The reader's tests compare each with `trace.txt`.
"""
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

HEADER = {
    "tightfit.version": "1",
    "tightfit.unit": "expert",
    "tightfit.layers": "2",
    "tightfit.bundles-per-layer": "8",
    "tightfit.model": "toy",
    "tightfit.recorder": "make.py",
    "tightfit.note.prompt": "two words",
    "someone.else": "ignored",
}
ROWS = [  # request, token, phase, layer, active, score
    (0, 0, "prefill", 0, [1, 3, 5], [0.5, 0.25, 0.125]),
    (0, 0, "prefill", 1, [], []),
    (0, 1, "decode", 0, [1, 7], [0.75, 0.25]),
    (0, 1, "decode", 1, [0, 1, 2, 3, 4, 5, 6, 7], [0.125] * 8),
    (1, 0, "prefill", 0, [2], [1.0]),
    (1, 0, "prefill", 1, [2, 6], [0.5, 0.5]),
]


def table(integer, element, real, name="element", extra=False, dictionary=False):
    columns = [list(column) for column in zip(*ROWS)]
    phase = pa.array(columns[2])
    fields = {
        "request": pa.array(columns[0], integer),
        "token": pa.array(columns[1], integer),
        "phase": phase.dictionary_encode() if dictionary else phase,
        "layer": pa.array(columns[3], integer),
        "active": pa.array(columns[4], pa.list_(pa.field(name, element))),
    }
    if real:
        fields["score"] = pa.array(columns[5], pa.list_(pa.field(name, real)))
    if extra:
        fields = {"text": pa.array(["a"] * len(ROWS)), **dict(reversed(fields.items()))}
    return pa.table(fields).replace_schema_metadata(HEADER)


pq.write_table(table(pa.uint32(), pa.uint32(), pa.float32()), "default.parquet")
pq.write_table(table(pa.int64(), pa.int64(), pa.float64(), name="item"), "int64.parquet",
               use_compliant_nested_type=False, use_dictionary=False, compression="none", row_group_size=1)
pq.write_table(table(pa.int16(), pa.uint64(), None, extra=True, dictionary=True), "small-groups.parquet",
               row_group_size=4, data_page_version="2.0", write_statistics=False)
pq.write_table(table(pa.int32(), pa.int32(), pa.float32()), "delta.parquet", use_dictionary=False,
               column_encoding={"active.list.element": "DELTA_BINARY_PACKED", "phase": "PLAIN",
                                "score.list.element": "BYTE_STREAM_SPLIT"}, write_page_index=True)
pq.write_table(table(pa.uint32(), pa.uint32(), None), "delta-phase.parquet", use_dictionary=False,
               column_encoding={"phase": "DELTA_BYTE_ARRAY"})
pq.write_table(table(pa.uint32(), pa.uint32(), None), "zstd.parquet", compression="zstd")

# Arrow files: Feather as pyarrow writes it (LZ4), wide types in small batches among foreign columns, and what is refused.
feather.write_feather(table(pa.uint32(), pa.uint32(), pa.float32()), "lz4.arrow")
wide = table(pa.int64(), pa.int64(), pa.float64(), name="item", extra=True)
wide = wide.cast(pa.schema([field.with_type(pa.large_list(field.type.value_type)) if pa.types.is_list(field.type) else
                            field.with_type(pa.large_string()) if field.name == "phase" else field for field in wide.schema],
                           metadata=HEADER))
feather.write_feather(wide, "wide.arrow", compression="uncompressed", chunksize=2)
feather.write_feather(table(pa.uint32(), pa.uint32(), None), "zstd.arrow", compression="zstd")
feather.write_feather(table(pa.uint32(), pa.uint32(), None, dictionary=True), "dictionary.arrow")
