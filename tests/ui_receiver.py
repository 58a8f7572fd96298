"""Run Robusta's real receiver until stdin closes: ``python ui_receiver.py FILE``; findings go to FILE.

A process of its own, since the receiver reads where the relay is, and the client where the cluster is, when they are
imported. In a runner it exists only beside the UI sink, which wants an account at robusta.dev: its stand-in has what
the receiver asks it for.
"""

import importlib
import os
import pkgutil
import sys
from inspect import getmembers
from types import SimpleNamespace

from robusta.core.playbooks.actions_registry import Action, ActionsRegistry
from robusta.core.playbooks.playbooks_event_handler_impl import PlaybooksEventHandlerImpl
from robusta.core.sinks.file.file_sink import FileSink
from robusta.core.sinks.file.file_sink_params import FileSinkConfigWrapper
from robusta.core.sinks.robusta import RobustaSinkParams
from robusta.core.sinks.slack import SlackSink, SlackSinkConfigWrapper
from robusta.integrations.receiver import ActionRequestReceiver
from robusta.model.config import PlaybooksRegistryImpl, Registry, SinksRegistry

import robusta_volumes
from robusta_volumes._sandbox.world import CLUSTER, global_config

SLACK = {"name": "slack", "slack_channel": "storage-alerts", "api_key": "xoxb-sandbox", "disable_holmes_note": True}
LISTED = "persistent_volume_actions"


def main() -> None:
    """Wire up what the runner wires up, and wait."""
    registry, actions = Registry(), ActionsRegistry()
    for _, name, _ in pkgutil.walk_packages(path=robusta_volumes.__path__):
        module = importlib.import_module(f"robusta_volumes.{name}")
        for _, func in getmembers(module, Action.is_action):
            actions.add_action(func)
    config = global_config()
    registry.set_global_config(config)
    registry.set_actions(actions)
    registry.set_light_actions([LISTED])
    registry.set_playbooks(PlaybooksRegistryImpl([], actions, config, ["file"]))
    sink = FileSink(FileSinkConfigWrapper(file_sink={"name": "file", "file_name": sys.argv[1]}), registry)
    account = SimpleNamespace(get_session_token=lambda: "token")
    ui = SimpleNamespace(
        account_id=config["account_id"],
        cluster_name=CLUSTER,
        dal=account,
        default=False,
        params=RobustaSinkParams.parse_obj({"name": "ui", "token": "sandbox"}),
    )
    slack = SlackSink(SlackSinkConfigWrapper(slack_sink=SLACK), registry)
    registry.set_sinks(SinksRegistry({"file": sink, "slack": slack, "ui": ui}))
    ActionRequestReceiver(PlaybooksEventHandlerImpl(registry), ui)
    sys.stdin.read()
    os._exit(0)  # its threads would go on knocking at the relay's door


if __name__ == "__main__":
    main()
