"""PyTorch's distributed data-parallel step (DDP over gloo) on the sizes attune is measured at, and gloo's all-reduce.

    python bench_ddp.py --size M --ranks 2 --threads 1
    python bench_ddp.py --all-reduce 8 43000000 --ranks 2

The first form times training steps on random tokens, a batch of which the ranks share; one rank is a plain process. The
second times sums of so many bytes of float32. Rank 0 prints one JSON object.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from bench_nanogpt import SIZES, TRAINING, cross_entropy, make_model, make_optimizer
from torch.nn.parallel import DistributedDataParallel


def time_steps(arguments: argparse.Namespace, rank: int) -> dict:
    config, batch_size = SIZES[arguments.size]
    batch_size = arguments.batch or batch_size
    if batch_size % arguments.ranks:
        raise SystemExit(f"a batch of {batch_size} rows cannot be shared by {arguments.ranks} ranks")
    rows = batch_size // arguments.ranks
    options = TRAINING["tinyshakespeare"]
    model = make_model(config, arguments.seed)
    optimizer = make_optimizer(model, options)
    trained = DistributedDataParallel(model, gradient_as_bucket_view=True) if arguments.ranks > 1 else model
    generator = torch.Generator().manual_seed(arguments.seed)
    shape = (batch_size, config.block_size + 1)
    milliseconds, losses = [], []
    for step in range(arguments.warmup + arguments.steps):
        # All ranks make the whole batch, and take their rows.
        tokens = torch.randint(config.vocab_size, shape, generator=generator)[rank * rows : (rank + 1) * rows]
        x, y = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()
        start = time.perf_counter()
        loss = cross_entropy(trained, x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), options["gradClip"])
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        total = loss.detach()
        if arguments.ranks > 1:
            dist.all_reduce(total)
        losses.append(total.item() / arguments.ranks)
        if step >= arguments.warmup:
            milliseconds.append(1000 * (time.perf_counter() - start))
    return {
        "size": arguments.size,
        "batchSize": batch_size,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": arguments.steps,
        "stepMs": {"median": statistics.median(milliseconds), "min": min(milliseconds), "max": max(milliseconds)},
        "loss": {"first": losses[0], "last": losses[-1]},
        "peakRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }


def time_all_reduce(sizes: list[int]) -> dict:
    results = {}
    for size in sizes:
        data = torch.ones(max(1, size // 4))
        seconds = []
        for _ in range(3 + max(5, min(1000, 500_000_000 // size))):
            # The sums do not overflow.
            data.fill_(1)
            dist.barrier()
            start = time.perf_counter()
            dist.all_reduce(data)
            seconds.append(time.perf_counter() - start)
        median = statistics.median(seconds[3:])
        results[size] = {"microseconds": 1e6 * median, "gigabytesPerSecond": size / median / 1e9}
    return {"allReduce": results}


def work(rank: int, arguments: argparse.Namespace, meeting: str) -> None:
    torch.set_num_threads(arguments.threads)
    if arguments.ranks > 1:
        # The machine's name need not lead back to it.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        dist.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=arguments.ranks)
    result = time_all_reduce(arguments.all_reduce) if arguments.all_reduce else time_steps(arguments, rank)
    if arguments.ranks > 1:
        dist.barrier()
        dist.destroy_process_group()
    if rank == 0:
        machine = {"torch": torch.__version__, "python": platform.python_version(), "threads": arguments.threads}
        print(json.dumps(machine | {"ranks": arguments.ranks} | result, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--batch", type=int, help="rows of a batch, of all ranks together")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="threads of each rank")
    parser.add_argument("--warmup", type=int, default=5, help="untimed steps")
    parser.add_argument("--steps", type=int, default=20, help="timed steps")
    parser.add_argument("--all-reduce", type=int, nargs="+", metavar="BYTES", help="time sums instead of steps")
    parser.add_argument("--seed", type=int, default=1337)
    arguments = parser.parse_args()
    if arguments.all_reduce and arguments.ranks < 2:
        parser.error("a sum needs two ranks or more")
    with tempfile.TemporaryDirectory() as folder:
        meeting = os.path.join(folder, "meeting")
        if arguments.ranks == 1:
            work(0, arguments, meeting)
        else:
            mp.spawn(work, (arguments, meeting), nprocs=arguments.ranks)


if __name__ == "__main__":
    main()
