"""What people fill in: a decision, a request drawn from the contract, a contract, a runtime."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from remediation import engine
from remediation.engine.params import params_problem
from remediation.engine.parts import Param
from remediation.models import Runtime
from remediation.services.approvals import REASON_MAX

PARAM = "param-"  # before the name of a parameter, so that none can be called like a field of ours
SOURCE_MAX = 262_144


class ReasonForm(forms.Form):
    """Why; needed or not."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3}), required=False
    )

    def __init__(self, *args: Any, is_needed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_needed


class DecisionForm(ReasonForm):
    """Agree with exactly one plan. What cannot be undone is named once more by whoever agrees."""

    plan_digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    target = forms.CharField(label=gettext_lazy("Name of the target"), required=False)

    def __init__(self, *args: Any, target: str, is_irreversible: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._target = target
        if is_irreversible:
            self.fields["target"].required = True
            self.fields["target"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
            self.fields["target"].help_text = _("This cannot be undone. Type the name of the target: %(name)s") % {
                "name": target
            }
        else:
            del self.fields["target"]

    def clean_target(self) -> str:
        """Refuse any other name than that of the target."""
        given = str(self.cleaned_data["target"])
        if given != self._target:
            raise forms.ValidationError(_("That is not the name of the target."))
        return given


class RuntimeForm(forms.Form):
    """A name for a machine, and the department that it works for."""

    department = forms.ChoiceField(label=gettext_lazy("Department"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)

    def __init__(self, *args: Any, departments: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices_set(self.fields["department"], [(name, name) for name in departments])


class SourceForm(forms.Form):
    """The text of a contract."""

    source = forms.CharField(
        label=gettext_lazy("Contract"),
        max_length=SOURCE_MAX,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_source(self) -> str:
        """Return the text with line ends as files have them; browsers send others."""
        return str(self.cleaned_data["source"]).replace("\r\n", "\n")


class ProposeForm(ReasonForm):
    """A request, with a field for each declared parameter. Errors are in the words of the engine, field by field."""

    idempotency_key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    finding = forms.UUIDField(widget=forms.HiddenInput, required=False)
    runtime = forms.ChoiceField(label=gettext_lazy("On"), required=False)

    def __init__(
        self, *args: Any, operation: engine.Operation, runtimes: list[Runtime], begin: Mapping[str, Any], **kwargs: Any
    ) -> None:
        initial = {"idempotency_key": uuid4().hex, **_initial(operation, begin)}
        super().__init__(*args, initial=initial, is_needed=_needs_reason(operation), **kwargs)
        self.operation = operation
        _choices_set(self.fields["runtime"], [(str(one.code), one.name) for one in runtimes])
        if len(runtimes) < 2:
            del self.fields["runtime"]
        for name, param in operation.params.items():
            self.fields[PARAM + name] = _field(param)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters that were filled in, typed as the contract declares them."""
        filled = {
            name: self.cleaned_data[PARAM + name]
            for name in self.operation.params
            if self.cleaned_data.get(PARAM + name) not in (None, "", [])
        }
        return {name: _typed(self.operation.params[name], value) for name, value in filled.items()}

    def param_fields(self) -> list[forms.BoundField]:
        """Return the fields of the parameters, in the order of the contract."""
        return [self[PARAM + name] for name in self.operation.params]

    def clean(self) -> dict[str, Any]:
        """Ask the engine about each parameter by itself."""
        alone = replace(self.operation, required=frozenset())
        for name, value in self.params.items():
            problem = params_problem(alone, {name: value})
            if problem:
                self.add_error(PARAM + name, problem)
        return self.cleaned_data


class LinesField(forms.CharField):
    """A list of texts, one on each line; spaces belong to a name."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the lines that are not empty."""
        text = str(super().clean(value) or "")
        return [line for line in text.replace("\r\n", "\n").split("\n") if line]


def _needs_reason(operation: engine.Operation) -> bool:
    return operation.needs_reason or bool(operation.approval and operation.approval.needs_reason)


def _field(param: Param) -> forms.Field:
    label = param.name.replace("_", " ").capitalize()
    needed = param.is_required and param.default is None
    if param.is_list:
        return LinesField(label=label, required=needed, help_text=_lines_hint(param))
    if param.values:
        empty = [] if needed else [("", "–")]
        options = [*empty, *((str(value), str(value)) for value in param.values)]
        return forms.ChoiceField(label=label, required=needed, choices=options)
    return _SINGLE.get(param.type, _text_field)(param, label, needed)


def _text_field(param: Param, label: str, needed: bool) -> forms.Field:
    return forms.CharField(label=label, required=needed, strip=False, max_length=param.max_length)


def _int_field(param: Param, label: str, needed: bool) -> forms.Field:
    return forms.IntegerField(
        label=label, required=needed, min_value=param.min, max_value=param.max, help_text=_bounds_hint(param)
    )


def _bool_field(_param: Param, label: str, _needed: bool) -> forms.Field:
    return forms.BooleanField(label=label, required=False)


def _uuid_field(_param: Param, label: str, needed: bool) -> forms.Field:
    return forms.UUIDField(label=label, required=needed)


def _datetime_field(_param: Param, label: str, needed: bool) -> forms.Field:
    return forms.CharField(label=label, required=needed, help_text=_("Such as 2026-11-29T12:00:00Z"))


_SINGLE: Mapping[str, Callable[[Param, str, bool], forms.Field]] = {
    "int": _int_field,
    "bool": _bool_field,
    "uuid": _uuid_field,
    "datetime": _datetime_field,
}


def _lines_hint(param: Param) -> str:
    if param.max is None:
        return _("One on each line.")
    return ngettext("One on each line, %(n)d at most.", "One on each line, at most %(n)d.", param.max) % {
        "n": param.max
    }


def _bounds_hint(param: Param) -> str:
    if param.min is None or param.max is None:
        return ""
    return _("From %(min)d to %(max)d.") % {"min": param.min, "max": param.max}


def _typed(param: Param, value: Any) -> Any:
    """Return ``value`` as the contract wants it; whatever cannot be so stays, for the engine to refuse."""
    if param.type == "int" and param.values and not param.is_list:
        return int(value)
    if param.type == "uuid" and not param.is_list:
        return str(value)
    if param.type == "int" and param.is_list:
        return [int(one) if one.lstrip("-").isascii() and one.lstrip("-").isdigit() else one for one in value]
    return value


def _initial(operation: engine.Operation, begin: Mapping[str, Any]) -> dict[str, Any]:
    given = begin.get("params") or {}
    values = {name: given.get(name, param.default) for name, param in operation.params.items()}
    drawn = {name: "\n".join(map(str, value)) if isinstance(value, list) else value for name, value in values.items()}
    rest = {name: begin.get(name, "") for name in ("reason", "finding", "runtime")}
    return {**rest, **{PARAM + name: value for name, value in drawn.items()}}


def _choices_set(field: forms.Field, options: list[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  narrows the type
    field.choices = options
