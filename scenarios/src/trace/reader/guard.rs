//! Watches pages on their way to the decoder, so that one row can not pull in more than the geometry allows, and no
//! page comes in an encoding on which the decoder would panic or allocate without bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::Result as ParquetResult;

use super::pages::{fail, unsupported};

/// Levels that the current read may still pull in, shared between the reading side and its pages.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    /// Sets what the read that follows may pull in.
    pub(super) fn set(&self, levels: usize) {
        self.0.store(levels, Ordering::Relaxed);
    }
}

/// Pages on their way to the decoder, held to the budget and to encodings that the decoder expects.
pub(super) struct Guarded {
    pages: Box<dyn PageReader>,
    budget: Budget,
    has_dictionary: bool,
}

impl Guarded {
    pub(super) fn new(pages: Box<dyn PageReader>, budget: Budget) -> Self {
        Self { pages, budget, has_dictionary: false }
    }

    fn admit(&mut self, page: &Page) -> ParquetResult<()> {
        let (values, encoding) = match page {
            Page::DictionaryPage { .. } => {
                self.has_dictionary = true;
                return Ok(());
            }
            Page::DataPage { num_values, encoding, def_level_encoding, rep_level_encoding, .. } => {
                for level in [def_level_encoding, rep_level_encoding] {
                    #[expect(deprecated, reason = "old writers used it, and the crate still reads it")]
                    if !matches!(level, Encoding::RLE | Encoding::BIT_PACKED) {
                        return fail(&format!("levels are encoded as {level}"));
                    }
                }
                (*num_values, *encoding)
            }
            Page::DataPageV2 { num_values, encoding, .. } => (*num_values, *encoding),
        };
        if matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY) && !self.has_dictionary {
            return fail("a page refers to a dictionary that is not there");
        }
        // These two allocate what a length within the page claims, beyond the reach of a check here.
        if matches!(encoding, Encoding::DELTA_BYTE_ARRAY | Encoding::DELTA_LENGTH_BYTE_ARRAY) {
            return unsupported(format!(
                "column `phase` is encoded as {encoding}; write it plain or with a dictionary"
            ));
        }
        // The last page of a read may reach beyond it, so the budget need only be positive when a page comes.
        let left = self.budget.0.load(Ordering::Relaxed);
        if left == 0 {
            return fail("a list is longer than a layer has bundles");
        }
        self.budget.set(left.saturating_sub(values as usize));
        Ok(())
    }
}

impl Iterator for Guarded {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Guarded {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            self.admit(page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        self.pages.skip_next_page()
    }
}

#[cfg(test)]
mod tests {
    use parquet::basic::Encoding;
    use parquet::column::page::{Page, PageMetadata, PageReader};
    use parquet::errors::Result as ParquetResult;

    use super::{Budget, Guarded};

    /// Pages of 1,000 values without end, as one list that never stops would give.
    struct Endless(Encoding);

    impl Iterator for Endless {
        type Item = ParquetResult<Page>;

        fn next(&mut self) -> Option<Self::Item> {
            self.get_next_page().transpose()
        }
    }

    impl PageReader for Endless {
        fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
            Ok(Some(Page::DataPage {
                buf: std::iter::empty::<u8>().collect(),
                num_values: 1000,
                encoding: self.0,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            }))
        }

        fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
            Ok(None)
        }

        fn skip_next_page(&mut self) -> ParquetResult<()> {
            Ok(())
        }
    }

    #[test]
    fn an_endless_list_stops_at_the_budget() {
        let budget = Budget::default();
        let mut pages = Guarded::new(Box::new(Endless(Encoding::PLAIN)), budget.clone());
        budget.set(1500);
        assert!(pages.get_next_page().is_ok());
        assert!(pages.get_next_page().is_ok());
        let error = pages.get_next_page().err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("longer than a layer has bundles")));
    }

    #[test]
    fn encodings_that_the_decoder_can_not_bound_are_refused() {
        for encoding in [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::RLE_DICTIONARY] {
            let budget = Budget::default();
            budget.set(1);
            assert!(Guarded::new(Box::new(Endless(encoding)), budget).get_next_page().is_err(), "{encoding}");
        }
    }
}
