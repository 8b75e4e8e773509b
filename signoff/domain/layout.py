"""Where the archive keeps what: one folder per job.

| path | holds |
|---|---|
| `jobs/<job id>/record.json` | the record, written when the job closes |
| `jobs/<job id>/attempts/<n>/response.json` | the response body of attempt n, byte for byte |
| `jobs/<job id>/deliverables/<sha256>.json` | a deliverable, named by its own digest |
"""


def record_path(job_id: str) -> str:
    """Say where the record of a job lies."""
    return f"jobs/{job_id}/record.json"


def body_path(job_id: str, attempt: int) -> str:
    """Say where the response body of an attempt lies."""
    return f"jobs/{job_id}/attempts/{attempt}/response.json"


def deliverable_path(job_id: str, digest: str) -> str:
    """Say where a deliverable lies."""
    return f"jobs/{job_id}/deliverables/{digest.removeprefix('sha256:')}.json"
