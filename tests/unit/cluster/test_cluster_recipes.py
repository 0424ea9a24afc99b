"""What the test cluster is made of, as values."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from cluster import go_programs
from cluster.go_programs import GoModule, GoProgram, staging_replacements
from cluster.image_recipes import Image, static_binary

MODULE = GoModule("example.test/module", "v1.2.3")
PROGRAM = GoProgram("program", MODULE, "cmd/program")


def test_another_recipe_is_another_file_in_the_cache() -> None:
    changed = [
        replace(PROGRAM, package="cmd/other"),
        replace(PROGRAM, linker_values={"a.b": "c"}),
        replace(PROGRAM, module=replace(MODULE, version="v1.2.4")),
        replace(PROGRAM, module=replace(MODULE, added_files={"main.go": "package main"})),
    ]
    assert len({program.file_name for program in (PROGRAM, *changed)}) == 1 + len(changed)


def test_no_two_programs_share_a_file() -> None:
    assert len({program.file_name for program in go_programs.ALL}) == len(go_programs.ALL)


def test_programs_of_a_module_stand_together_so_that_its_source_is_copied_once() -> None:
    modules = [program.module.path for program in go_programs.ALL]
    changes = sum(one != other for one, other in pairwise(modules))
    assert changes == len(set(modules)) - 1


def test_a_module_s_own_sums_are_binding_unless_its_go_mod_had_to_be_changed() -> None:
    assert "-mod=readonly" in go_programs.KEDA_OPERATOR.build_command("go", "out")
    assert "-mod=mod" in go_programs.API_SERVER.build_command("go", "out")


def test_only_folders_are_replaced_by_published_modules() -> None:
    go_mod = {
        "Replace": [
            {"Old": {"Path": "k8s.io/api"}, "New": {"Path": "./staging/src/k8s.io/api"}},
            {"Old": {"Path": "example.test/fork"}, "New": {"Path": "example.test/other", "Version": "v1.0.0"}},
        ]
    }
    assert staging_replacements(go_mod, "v0.34.4") == ["-replace=k8s.io/api=k8s.io/api@v0.34.4"]
    assert staging_replacements({"Replace": None}, "v0.34.4") == []


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "module.py").write_text("one")
    return folder


def test_an_image_s_name_follows_the_content_of_every_file(source: Path) -> None:
    def key() -> str:
        return Image("image", "FROM scratch\n", {"package": source}).key

    before = key()
    assert key() == before
    (source / "inner" / "module.py").write_text("two")
    assert key() != before


def test_an_image_s_name_follows_its_base_and_its_build_file() -> None:
    base = Image("base", "FROM scratch\n")
    image = Image("image", "FROM base\n", base=base)
    assert replace(image, base=replace(base, containerfile="FROM other\n")).key != image.key
    assert replace(image, containerfile="FROM base\nUSER 0\n").key != image.key


def test_compiled_python_does_not_change_an_image(source: Path) -> None:
    image = Image("image", "FROM scratch\n", {"package": source})
    cache = source / "__pycache__"
    cache.mkdir()
    (cache / "module.pyc").write_bytes(b"compiled")
    assert replace(image).key == image.key


def test_a_static_binary_runs_as_a_user_that_kubelet_can_see_not_to_be_root(source: Path) -> None:
    assert "\nUSER 65532:65532\n" in static_binary("program", source / "inner" / "module.py", "/program").containerfile
