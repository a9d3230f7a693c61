//! Configs that a page shows.

use std::fs;

use serde_json::Value;

/// The configs in the page `name` that contain `word`.
pub(crate) fn configs(name: &str, word: &str) -> Vec<Value> {
    let path = super::repository().join("src/docs").join(name);
    let page = fs::read_to_string(path).unwrap();
    let blocks = page.split("```json\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let blocks = blocks.filter(|block| block.contains(word));
    blocks
        .map(|block| serde_json::from_str(block).unwrap())
        .collect()
}
