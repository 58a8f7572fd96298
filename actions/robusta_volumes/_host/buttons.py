"""Buttons below a message: only where a click can come back, and never at the price of the message.

A click comes back through the UI sink's connection, signed with the signing key. Without a key the Slack sink raises and
the whole message is lost, so a button is given to a sink only when everything that it writes into one is there.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.v1 import BaseModel, Extra
from robusta.api import CallbackBlock, CallbackChoice, ExecutionBaseEvent, action
from robusta.core.sinks.robusta import RobustaSinkParams
from robusta.core.sinks.slack.slack_sink_params import SlackSinkParams

from robusta_volumes._host.said_once import note, still_to_say
from robusta_volumes._report.page import Button, Page

_TEXT, _PARAMS = 75, 1000  # characters that Slack takes of a button's text, and of our part of its value (2,000 in all)


class _Params(BaseModel):
    """The params of any of our actions: which they are is the button's affair."""

    class Config:
        extra = Extra.allow


def add_buttons(event: ExecutionBaseEvent, page: Page) -> None:
    """Put the buttons of a page below the event's finding, in each sink that shows some and whose clicks come back."""
    for sink in event.named_sinks or ():
        if not _clicks_come_back(sink, event.get_all_sinks() or {}):
            continue
        finding = event.sink_findings[sink][0]
        buttons = [b for b in still_to_say(finding, page) if isinstance(b, Button)]
        buttons = [b for b in buttons if len(json.dumps(dict(b.params))) <= _PARAMS]
        for topic in dict.fromkeys(b.topic for b in buttons):
            row = [b for b in buttons if b.topic == topic]
            made = callbacks(row)
            finding.add_enrichment([made], suppress_warning=True)
            note(finding, page, row[0], [made])


def callbacks(buttons: Sequence[Button]) -> CallbackBlock:
    """Write buttons as Robusta's own block."""
    return CallbackBlock(
        {b.text[:_TEXT]: CallbackChoice(action=_named(b.action), action_params=_Params(**b.params)) for b in buttons}
    )


def _clicks_come_back(name: str, sinks: Mapping[str, Any]) -> bool:
    sink = sinks.get(name)
    if sink is None or not any(isinstance(s.params, RobustaSinkParams) for s in sinks.values()):
        return False
    signs = all(isinstance(word, str) and word for word in (sink.signing_key, sink.account_id, sink.cluster_name))
    return signs and isinstance(sink.params, SlackSinkParams | RobustaSinkParams)


def _named(name: str) -> Any:
    """Make a stand-in with the name of an action: of the function Robusta reads the name and nothing else."""

    def stand_in() -> None:
        """Do nothing: it is never called."""

    stand_in.__name__ = name
    return action(stand_in)
