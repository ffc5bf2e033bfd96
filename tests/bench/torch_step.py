"""The other half of `bench_torch.py`: one training step of the same network in PyTorch, channels-last.

Needs nothing but torch; prints one JSON line with the CPU seconds of each step.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


class Network(nn.Module):
    """VGG-16 with batch norm, global average pooling, an embedding of unit length and two logits."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for count, units in BLOCKS:
            for _ in range(count):
                norm = nn.BatchNorm2d(units, eps=1e-3, momentum=0.1)
                layers += [nn.Conv2d(channels, units, 3, padding=1), norm, nn.ReLU(inplace=True)]
                channels = units
            layers.append(nn.MaxPool2d(2))
        self.trunk = nn.Sequential(*layers)
        self.embedding = nn.Linear(channels, 128)
        self.verdict = nn.Linear(channels, 2)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.trunk(images).mean(dim=(2, 3))
        dropped = functional.dropout(features, 0.5, self.training)
        return self.verdict(dropped), functional.normalize(self.embedding(features), dim=1)


def triplet(vectors: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Batch-hard with margin 0.2."""
    distance = torch.sqrt(torch.clamp(torch.cdist(vectors, vectors) ** 2, min=1e-12))
    same = labels[:, None] == labels[None, :]
    farthest = torch.where(same & ~torch.eye(len(labels), dtype=torch.bool), distance, -1.0).max(dim=1).values
    closest = torch.where(same, 1e3, distance).min(dim=1).values
    return torch.relu(farthest - closest + 0.2).mean()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (("size", 224), ("batch", 16), ("rounds", 5), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    network = Network().to(memory_format=torch.channels_last)
    optimiser = torch.optim.RMSprop(network.parameters(), lr=1e-4, alpha=0.9, eps=1e-7)
    images = torch.rand(options.batch, 3, options.size, options.size).to(memory_format=torch.channels_last)
    labels = torch.arange(options.batch) % 2
    seconds = []
    for _ in range(options.rounds + 1):
        started = time.process_time()
        optimiser.zero_grad(set_to_none=True)
        logits, vectors = network(images)
        loss = functional.cross_entropy(logits, labels) + 0.5 * triplet(vectors, labels)
        loss.backward()
        optimiser.step()
        loss.item()
        seconds.append(time.process_time() - started)
    count = sum(parameter.numel() for parameter in network.parameters())
    print(json.dumps({"seconds": seconds[1:], "parameters": count, "version": torch.__version__}))


if __name__ == "__main__":
    main()
