"""The operator's settings: environment, flags, and what is refused."""

import pytest

from penstock_operator.settings import OperatorSettings, SettingsRefused, flag, variable

LEAST = {"PENSTOCK_WORKER_IMAGE": "registry/worker:1"}


def read(environment: dict[str, str] | None = None, **flags: str | None) -> OperatorSettings:
    return OperatorSettings.read(LEAST | (environment or {}), flags)


def test_the_worker_image_is_all_that_must_be_given() -> None:
    assert read().worker_image == "registry/worker:1"
    with pytest.raises(SettingsRefused, match=r"PENSTOCK_WORKER_IMAGE \(--worker-image\)"):
        OperatorSettings.read({}, {})


def test_a_flag_wins_over_a_variable() -> None:
    assert read({"PENSTOCK_THREADS": "3"}).threads == 3
    assert read({"PENSTOCK_THREADS": "3"}, threads="4").threads == 4
    assert read({"PENSTOCK_THREADS": "3"}, threads=None).threads == 3


def test_an_empty_variable_is_not_set() -> None:
    assert read({"PENSTOCK_NAMESPACES": "", "PENSTOCK_PORT": ""}) == read()


def test_a_service_that_is_called_penstock_sets_nothing() -> None:
    assert read({"PENSTOCK_PORT": "tcp://10.96.7.7:8080"}) == read()


def test_namespaces_are_separated_by_blanks_or_commas() -> None:
    assert read({"PENSTOCK_NAMESPACES": "a, b\nc"}).namespaces == ("a", "b", "c")


def test_patterns_have_a_line_each_and_may_hold_commas() -> None:
    patterns = read({"PENSTOCK_ALLOWED_IMAGES": "registry/.{1,3}\n\n other/.* \n"}).allowed_images
    assert patterns == ("registry/.{1,3}", "other/.*")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("PENSTOCK_PORT", "http", "PENSTOCK_PORT"),
        ("PENSTOCK_THREADS", "0", "greater than or equal to 1"),
        ("PENSTOCK_ALLOWED_IMAGES", "(", "no regular expression"),
        ("PENSTOCK_WORKER_IMAGE_PULL_POLICY", "Sometimes", "'Always', 'IfNotPresent' or 'Never'"),
        ("PENSTOCK_OPENSHIFT", "perhaps", "PENSTOCK_OPENSHIFT"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(name: str, text: str, said: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read({name: text})
    assert name in str(refused.value)
    assert said in str(refused.value)


def test_options_take_over_every_setting_that_shapes_children() -> None:
    settings = read(
        {
            "PENSTOCK_OPENSHIFT": "true",
            "PENSTOCK_POD_MONITOR": "true",
            "PENSTOCK_NETWORK_POLICY": "true",
            "PENSTOCK_ALLOWED_BOOTSTRAP_SERVERS": r"kafka-\d:9092",
            "PENSTOCK_ALLOWED_IMAGES": "x",
            "PENSTOCK_RENEW_EVERY_SECONDS": "3600",
            "PENSTOCK_WORKER_IMAGE_PULL_POLICY": "Never",
        }
    )
    options = settings.options("1.2.3")
    shared = set(OperatorSettings.model_fields) & set(options.__slots__)
    assert {name: getattr(options, name) for name in shared} == {name: getattr(settings, name) for name in shared}
    assert set(options.__slots__) - shared == {"operator_version"}
    assert options.operator_version == "1.2.3"


def test_names_of_variables_and_flags() -> None:
    assert (variable("log_level"), flag("log_level")) == ("PENSTOCK_LOG_LEVEL", "--log-level")


def test_every_setting_says_what_it_is() -> None:
    assert all((field.description or "").endswith(".") for field in OperatorSettings.model_fields.values())
