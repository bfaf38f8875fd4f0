"""An application with its own Hydra configuration that takes wanmeter's groups into it.

Try `python app.py gpus=4 cost.workload.num_frames=49 model@cost.model=wan2_1_t2v_1_3b`.
"""

import hydra
from omegaconf import DictConfig

from wanmeter import Report, structure


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    """Print the FLOPs of a run, and each GPU's share."""
    report = Report.of(structure(config.cost))
    print(f"{report.model.name}: {report.total.flops:,} FLOPs")
    print(f"a GPU of {config.gpus}: {report.total.flops // config.gpus:,} FLOPs")


if __name__ == "__main__":
    main()
