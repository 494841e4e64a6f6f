"""What a worker does once in its life, done when this is imported: in the server of forks, before the first fork."""

import pyarrow as pa

from transform.agents import classify_agents

classify_agents(pa.array(["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"]))
