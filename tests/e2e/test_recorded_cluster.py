"""What was recorded from a real Kubernetes, sent to the real runner as the forwarder sent it: read what arrives."""

from robusta_volumes._sandbox.world import World
from worlds import WITHOUT_TICKS, forwarded, quiet, recorded, title, watched


def test_the_recorded_events_give_one_message_per_problem_and_none_for_what_is_well() -> None:
    many = {"persistentVolumeWorkflows": {"persistentVolumeActions": {"maxMessages": 50}}}  # a day's events in seconds
    with World(watched(recorded("after")), WITHOUT_TICKS, workflows=many) as world:
        for body in forwarded():
            world.runner.send_event(body)
        messages = quiet(world, 13.0)  # of many events in one namespace the last wait ten seconds for their look
        assert sorted(title(m).split(":")[0] for m in messages) == [
            "Claim broken/class-typo cannot bind",
            "Claim broken/driver-missing cannot bind",
            "Claim broken/lost has lost its volume will-be-lost",
            "Claim broken/no-class cannot bind",
            "Claim broken/pod-cannot-schedule cannot bind",
            "Claim broken/static-no-match cannot bind",
            "Claim broken/volume-taken cannot bind",
            "Claim shop/nobody-uses-me has grown to 5.0 GiB on disk only",
            "Claim shop/uploads is being deleted and loses its data when uploads-6ff5688c6-pznq6 ends",
            "Pod broken/cannot-mount cannot mount missing-folder",
            "Pod broken/refers-to-nothing cannot start",
            "Pod broken/rwop-b cannot start",
            "Storage quota storage in namespace tight is full",
            "Volume on-gone-node lies on node node-that-left, which is gone",
            "Volume will-be-released is Released",
            "Volume will-fail could not be reclaimed",
        ]
        assert [p for m in messages for p in m.problems] == []
        assert "Traceback" not in world.runner.log.read_text()
