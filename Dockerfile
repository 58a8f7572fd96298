# The Robusta runner with robusta-volumes in it: nothing is fetched when a runner starts, so nothing can be unreachable then.
# `make image` builds it; docs/install.md says how to point the chart at it.
ARG RUNNER_IMAGE=robustadev/robusta-runner:0.53.0
FROM ${RUNNER_IMAGE}

COPY dist/robusta_volumes-*.whl /tmp/robusta-volumes/
# python3 -m pip, never pip: the image holds two environments, and only this one is sure to be the runner's.
# --no-deps and --no-index: the package requires nothing, and what the runner has stays as it is.
RUN python3 -m pip install --no-cache-dir --no-index --no-deps /tmp/robusta-volumes/*.whl \
    && rm -r /tmp/robusta-volumes \
    && python3 -c "import robusta_volumes.persistent_volume_actions"
