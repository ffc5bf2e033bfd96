"""What the workers are woken for. Each task fetches by id and calls one function; TensorFlow loads inside."""

from celery import shared_task

from training import services


@shared_task(name="training.find_faces")
def find_faces(photo_ids: list[int]) -> None:
    services.find_faces(photo_ids=photo_ids)


@shared_task(name="training.prepare")
def prepare(run_id: int) -> None:
    services.prepare_run(run_id=run_id)


@shared_task(name="training.train_fold")
def train_fold(fold_id: int) -> None:
    from training.work import train_fold as work

    work(fold_id=fold_id)


@shared_task(name="training.start_search")
def start_search(search_id: int) -> None:
    from training.search.create import start_search as start

    start(search_id=search_id)


@shared_task(name="training.train_trial")
def train_trial(trial_id: int) -> None:
    from training.search.work import train_trial as work

    work(trial_id=trial_id)


@shared_task(name="training.score_new_photo")
def score_new_photo(pk: int) -> None:
    services.score_new_photo(pk=pk)


@shared_task(name="training.write_onnx")
def write_onnx(run_id: int, by: str) -> None:
    from training.onnx_export import write_onnx as write

    write(run_id=run_id, by=by)


@shared_task(name="training.requeue_stale")
def requeue_stale() -> None:
    services.requeue_stale()
