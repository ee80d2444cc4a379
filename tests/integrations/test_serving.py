"""A simulator behind a port answers as HTTP says it must."""

import threading

import httpx

from integrations.management.serving import SimulatorServer


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(204) if request.method == "PATCH" else httpx.Response(200, json={"path": request.url.path})


def test_an_answer_without_a_body_leaves_the_line_clean_for_the_next() -> None:
    server = SimulatorServer(answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", limits=httpx.Limits(max_connections=1)) as client:
            for turn in range(3):
                changed = client.patch("/row")
                assert (changed.status_code, changed.content) == (204, b"")
                assert client.get(f"/{turn}").json() == {"path": f"/{turn}"}
    finally:
        server.shutdown()
        server.server_close()
