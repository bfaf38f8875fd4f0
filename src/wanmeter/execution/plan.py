"""`Plan`: a run, the profile that executes it, and where its parts are placed."""

from typing import Any, TypeVar

from attrs import evolve, frozen

from wanmeter.errors import InvalidValueError
from wanmeter.execution.loaded import Loaded
from wanmeter.execution.options import DEGREES, ParallelOptions, PlacementOptions, ProfileOptions
from wanmeter.models import ImageEncoderSpec, Run, Workload
from wanmeter.models.official_run import OfficialOptions

PHASES = {
    "text_encoder": "text_encode",
    "image_encoder": "image_encode",
    "vae_encode": "vae_encode",
    "transformer": "denoise",
    "transformer_2": "denoise_2",
    "vae_decode": "vae_decode",
}
"""The phase of each stage."""


@frozen(kw_only=True)
class Plan:
    """What is executed, how, and on how many GPUs. All options that were left open are filled in.

    `workload` stands in the place of the run's; it may be symbolic.
    """

    run: Run
    workload: Workload
    profile: ProfileOptions
    placement: PlacementOptions
    parallel: ParallelOptions

    @classmethod
    def of(
        cls,
        run: Run,
        profile: ProfileOptions,
        placement: PlacementOptions,
        parallel: ParallelOptions,
    ) -> "Plan":
        """Fill in what the placement decides.

        Raises:
            InvalidValueError: a profile or a placement that does not go with the others.
        """
        gpus = parallel.gpus
        scope = run.transformer.scope
        if scope == "core":
            raise InvalidValueError("transformer.scope", scope, "full, where memory is estimated")
        published = OfficialOptions()
        if placement.name == "official":
            published = run.family.official_run(run.model).options(gpus)
        placement = _filled(
            placement,
            offload_model=published.offload_model,
            t5_cpu=published.t5_cpu,
        )
        parallel = _filled(
            parallel, ulysses_degree=1, ring_degree=1, cfg_degree=1, fsdp=published.fsdp
        )
        if parallel.fsdp and gpus == 1:
            raise InvalidValueError("parallel.fsdp", parallel.fsdp, "false on one GPU")
        if gpus > 1 and profile.name != "official":
            key = next(name for name in DEGREES if (getattr(parallel, name) or 1) > 1)
            allowed = f"1 with profile={profile.name}, on one GPU; profile=official runs on several"
            raise InvalidValueError(f"parallel.{key}", getattr(parallel, key), allowed)
        run = _as_in_diffusers(run) if profile.name == "diffusers" else run
        return cls(
            run=run,
            workload=run.workload,
            profile=profile,
            placement=placement,
            parallel=parallel,
        )

    def in_words(self, device: str | None = None) -> str:
        """How it is run, and on what: `official code, placement official, on 8 x a100_sxm_80gb`."""
        name, several = self.profile.name, self.gpus > 1
        told = ["the mathematics" if name == "ideal" else f"{name} code"]
        told.append(f"placement {self.placement.name}")
        if device is not None:
            told.append(f"on {self.gpus} x {device}" if several else f"on {device}")
        elif several:
            told.append(f"on {self.gpus} GPUs")
        return ", ".join(told)

    def refuse_switches(self) -> None:
        """Refuse placements that the profile's code has no switch for.

        Raises:
            InvalidValueError: naming the first.
        """
        for name in self.placement.switches:
            value = getattr(self.placement, name)
            allowed = f"nothing with profile={self.profile.name}, whose code has no such switch;"
            allowed += " profile=diffusers takes it"
            raise InvalidValueError(f"placement.{name}", value, allowed)

    @property
    def loaded(self) -> Loaded:
        """The components, and the sizes of what the workload has."""
        return Loaded(self.run, self.workload)

    @property
    def gpus(self) -> int:
        """The number of GPUs."""
        return self.parallel.gpus

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that run, in order."""
        run = self.run
        known = run.family.stages_of(run.model, self.workload)
        return tuple(name for name in known if name in (run.stages or known))


def _as_in_diffusers(run: Run) -> Run:
    """A run with what diffusers computes otherwise than the official code, unless it was set.

    Its pipelines give one time for each sample where the official program does too; the official model
    makes one for each token of it. Of CLIP they run all blocks, and take the input of the last.

    Source: diffusers pipelines/wan/pipeline_wan.py, expand_timesteps; pipeline_wan_i2v.py, encode_image.
    """
    transformer, image_encoder = run.transformer, run.image_encoder
    per_token = run.family.official_run(run.model).time_per_token
    either = run.family.time_embedding(run.model) is not None
    if either and transformer.time_embedding is None and not per_token:
        transformer = evolve(transformer, time_embedding="per_sample")
    if image_encoder.layers_run == ImageEncoderSpec().layers_run:
        image_encoder = evolve(image_encoder, layers_run=image_encoder.num_layers)
    return evolve(run, transformer=transformer, image_encoder=image_encoder)


_Options = TypeVar("_Options", PlacementOptions, ParallelOptions)


def _filled(options: _Options, **defaults: Any) -> _Options:
    """Options with these values where `None` stands."""
    return evolve(
        options,
        **{name: value for name, value in defaults.items() if getattr(options, name) is None},
    )
