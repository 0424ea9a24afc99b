"""What is applied is JSON and YAML, and the same document as both."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from penstock_operator.files.json_text import dump_json

awkward = st.sampled_from(
    ["\x7f", "\x85", "\x9f", "\u2028", "\ufeff", "\ufffe", "\uffff", "\U0001f600", "\\ud83d", '"']
)


@pytest.mark.parametrize("text", ["a\x7fb", "a\x85b", "a\ufeffb", "a\uffffb", "a\U0001f600b", "a\\ud83d\\ude00b", "\\"])
def test_a_character_that_yaml_takes_otherwise_arrives(text: str) -> None:
    assert json.loads(dump_json({text: [text]})) == yaml.safe_load(dump_json({text: [text]})) == {text: [text]}


@given(st.lists(awkward | st.text(max_size=3), max_size=6).map("".join))
def test_any_text_arrives_by_either_reader(text: str) -> None:
    assert json.loads(dump_json([text])) == yaml.safe_load(dump_json([text])) == [text]
