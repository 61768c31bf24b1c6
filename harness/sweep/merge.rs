//! Puts the shards of a sweep together: all rows, each once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use tightfit_reports::sweep::Row;

use super::{
    Shard,
    journal::{self, FILE, Header},
};
use crate::RunError;

/// All rows of the sweep whose shards lie in these folders, in order. A gap, a duplicate or a shard of another sweep is
/// an error.
pub fn merge(folders: &[PathBuf]) -> Result<(Header, Vec<Row>), RunError> {
    let mut first: Option<(Header, &Path)> = None;
    let mut rows: BTreeMap<u64, (Row, &Path)> = BTreeMap::new();
    for folder in folders {
        let (header, of_shard) = journal::read(folder)?;
        let of_folder = |problem: String| wrong(folder, problem);
        match &first {
            None => first = Some((header, folder)),
            Some((of_first, place)) => {
                if let Some(difference) = header.difference(of_first) {
                    let place = place.display();
                    return Err(of_folder(format!(
                        "another sweep than in {place}, {difference}: only shards of one sweep merge"
                    )));
                }
            }
        }
        for row in of_shard {
            if let Some((_, other)) = rows.get(&row.row) {
                let (number, point, other) = (row.row, row.point, other.display());
                return Err(of_folder(format!(
                    "row {number} (point {point}) is in {other} too: give each shard once, of one --shard i/n"
                )));
            }
            rows.insert(row.row, (row, folder));
        }
    }
    let (mut header, folder) = first.ok_or_else(|| RunError::Usage("nothing to merge: name the shards".to_owned()))?;
    if let Some(gap) = (0..header.rows).find(|row| !rows.contains_key(row)) {
        let lacking = header.rows - rows.len() as u64;
        return Err(wrong(
            folder,
            format!(
                "{lacking} of the sweep's {} rows are in none of the shards, row {gap} first: name all shards, and run each \
                 to its end",
                header.rows
            ),
        ));
    }
    header.shard = Shard::WHOLE.to_string();
    Ok((header, rows.into_values().map(|(row, _)| row).collect()))
}

fn wrong(folder: &Path, problem: String) -> RunError {
    RunError::Journal { path: folder.join(FILE).display().to_string(), problem }
}
