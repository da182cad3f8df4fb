"""A refusal carries its code, its parameters and the status that a browser is told."""

import inspect

import pytest

from cms.kernel import errors

STATUS = {
    errors.DomainError: 409,
    errors.Refused: 409,
    errors.Invalid: 422,
    errors.Denied: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}


def test_refusals_when_listed_are_all_in_the_table_of_the_module() -> None:
    found = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.DomainError)}
    assert found == set(STATUS)
    drawn = errors.__doc__ or ""
    assert [kind.__name__ for kind in found if f"{kind.__name__} " not in drawn] == []


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_refusal_when_raised_has_code_parameters_and_status(kind: type[errors.DomainError], status: int) -> None:
    with pytest.raises(errors.DomainError) as caught:
        raise kind("content.state", state="draft")
    assert (caught.value.code, caught.value.params, caught.value.status) == (
        "content.state",
        {"state": "draft"},
        status,
    )
    assert str(caught.value) == "content.state {'state': 'draft'}"


def test_refusal_without_parameters_is_written_as_its_code() -> None:
    assert str(errors.NotFound("kernel.not_found")) == "kernel.not_found"


def test_invalid_input_when_it_names_fields_keeps_them_apart_from_the_parameters() -> None:
    refused = errors.Invalid("people.form", fields={"name": "people.name_missing"}, form="person")
    assert refused.fields == {"name": "people.name_missing"}
    assert refused.params == {"form": "person"}
    assert errors.Invalid("people.form").fields == {}
