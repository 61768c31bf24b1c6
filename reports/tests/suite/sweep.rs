//! The table of a sweep, read back, and its best rows in words.

use std::fs::File;

use insta::assert_snapshot;
use parquet::basic::Type as Physical;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use tightfit_reports::csv;
use tightfit_reports::schema::RunResult;
use tightfit_reports::sweep::{Row, TABLE, Value, best, write};

use crate::fixture;

/// One row for each of the values, all of one key.
fn rows(values: &[Option<Value>]) -> Vec<Row> {
    let results = fixture::sweep().into_iter().cycle();
    let row = |((number, value), result): ((u64, &Option<Value>), RunResult)| Row {
        row: number,
        point: number,
        values: vec![value.clone()],
        result,
    };
    (0..).zip(values).zip(results).map(row).collect()
}

fn written(keys: &[&str], rows: &[Row]) -> SerializedFileReader<File> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(TABLE);
    let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
    write(&path, &keys, rows).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(folder.path().read_dir().expect("the folder").count(), 1, "no temporary file is left");
    SerializedFileReader::new(File::open(path).expect("the table")).expect("a Parquet file")
}

#[test]
fn columns_are_the_point_the_keys_and_those_of_the_csv() {
    let rows = rows(&[Some(Value::Integer(64)), None, Some(Value::Integer(-1))]);
    let results: Vec<RunResult> = rows.iter().map(|row| row.result.clone()).collect();
    let table = written(&["memory.budget-mib"], &rows);
    let schema = table.metadata().file_metadata().schema_descr();
    let names: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
    let text = csv::results(&results);
    let mut records = text.lines();
    let header: Vec<&str> = records.next().expect("a header").split(',').collect();
    assert_eq!(names[..2], ["point", "memory.budget-mib"]);
    assert_eq!(names[2..], header);
    let mut compared = 0;
    for (record, row) in records.zip(table.get_row_iter(None).expect("rows")) {
        let row = row.expect("a row");
        let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
        for (cell, field) in record.split(',').zip(&fields[2..]) {
            let same = match field {
                Field::Null => cell.is_empty(),
                Field::Str(text) => cell == text,
                Field::ULong(number) => cell == number.to_string(),
                Field::Double(number) => cell == number.to_string(),
                Field::Bool(truth) => cell == truth.to_string(),
                other => panic!("{other:?}"),
            };
            assert!(same, "{cell} in the CSV, {field:?} in the table");
            compared += 1;
        }
    }
    assert_eq!(compared, 3 * header.len());
    let swept: Vec<Field> = table
        .get_row_iter(None)
        .expect("rows")
        .map(|row| row.expect("a row").get_column_iter().nth(1).expect("the swept column").1.clone())
        .collect();
    assert_eq!(swept, [Field::Long(64), Field::Null, Field::Long(-1)]);
}

#[test]
fn a_swept_column_has_the_type_of_its_values() {
    let text = |text: &str| Value::Text(text.to_owned());
    let cases = [
        (vec![Value::Truth(true), Value::Truth(false)], Physical::BOOLEAN, vec![Field::Bool(true), Field::Bool(false)]),
        (vec![Value::Integer(1), Value::Real(0.5)], Physical::DOUBLE, vec![Field::Double(1.0), Field::Double(0.5)]),
        (
            vec![Value::Integer(-7), text("fit"), Value::Truth(true)],
            Physical::BYTE_ARRAY,
            ["-7", "fit", "true"].map(|text| Field::Str(text.to_owned())).to_vec(),
        ),
    ];
    for (values, physical, fields) in cases {
        let values: Vec<Option<Value>> = values.into_iter().map(Some).collect();
        let table = written(&["a key"], &rows(&values));
        assert_eq!(table.metadata().file_metadata().schema_descr().column(1).physical_type(), physical);
        let read: Vec<Field> = table
            .get_row_iter(None)
            .expect("rows")
            .map(|row| row.expect("a row").get_column_iter().nth(1).expect("the swept column").1.clone())
            .collect();
        assert_eq!(read, fields);
    }
}

#[test]
fn a_line_reads_back_as_its_row() {
    let values = [Value::Truth(true), Value::Integer(-3), Value::Real(0.1), Value::Text("a\nb".to_owned())];
    let mut row = rows(&[Some(Value::Integer(1))]).remove(0);
    row.result.tokens.clear();
    row.result.throughput.decode_tokens_per_s = 1.0 / 3.0;
    row.result.energy.total_pj = u64::MAX;
    row.values = values.into_iter().map(Some).chain([None]).collect();
    let line = row.line();
    assert_eq!(line.matches('\n').count(), 1, "one line: {line}");
    assert_eq!(Row::parse(&line).unwrap_or_else(|error| panic!("{error}")), row);
    for cut in 0..line.len() - 2 {
        assert!(Row::parse(&line[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn the_best_are_alive_and_no_oracles() {
    let results = fixture::sweep();
    let rows: Vec<Row> = (0..)
        .zip(results)
        .map(|(row, result)| {
            let limit = result.parameters["memory.limit-mb"].parse().expect("a number");
            Row { row, point: row, values: vec![Some(Value::Integer(limit))], result }
        })
        .collect();
    assert_snapshot!(best(&["memory.limit-mb".to_owned()], &rows[..40]), @"
    iPhone 13 Pro: the fastest 10 of 22 that are not killed
      strategy      memory.limit-mb  memory  tok/s     TPOT  hits  flash/tok     peak  energy/tok
      window-5                   24  fits     40.9  24.5 ms  60 %    21.2 MB  58.4 MB     83.4 mJ
      lru                        24  fits     35.1  28.5 ms  49 %    27.2 MB  58.4 MB     97.1 mJ
      window-5                   16  fits     31.6  31.6 ms  40 %    32.0 MB  50.4 MB      108 mJ
      hybrid                     24  fits     31.4  31.9 ms  39 %    34.0 MB  58.4 MB      108 mJ
      lru                        16  fits     29.2  34.2 ms  34 %    35.9 MB  50.4 MB      117 mJ
      hybrid                     16  fits     27.7  36.0 ms  27 %    40.7 MB  50.4 MB      123 mJ
      window-5                    8  fits     25.8  38.7 ms  21 %    42.8 MB  42.4 MB      133 mJ
      hybrid                      8  fits     24.9  40.2 ms  15 %    47.4 MB  42.4 MB      137 mJ
      lru                         8  fits     24.8  40.4 ms  18 %    45.2 MB  42.4 MB      138 mJ
      layer-stream                8  fits     23.3  43.0 ms   7 %    51.8 MB  36.4 MB      147 mJ
    ");
    let killed: Vec<Row> = rows.into_iter().filter(|row| row.result.memory.outcome == "killed").take(1).collect();
    assert_snapshot!(best(&["memory.limit-mb".to_owned()], &killed), @"iPhone 13 Pro: nothing that could be chosen fits");
}
