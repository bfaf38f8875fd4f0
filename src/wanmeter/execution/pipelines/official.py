"""The official program, as `generate.py` runs it: what is loaded, and what waits, in each phase.

Source: Wan2.1 wan/text2video.py and image2video.py; Wan2.2 wan/text2video.py, image2video.py and
textimage2video.py; wan/distributed/fsdp.py, shard_model.
"""

from collections.abc import Mapping

from attrs import frozen

from wanmeter.errors import InvalidValueError
from wanmeter.execution.dtype import BFLOAT16, COMPLEX128, FLOAT16, FLOAT32, DType
from wanmeter.execution.execution import Program
from wanmeter.execution.official import PROGRAMS
from wanmeter.execution.official.transformer import Transformer
from wanmeter.execution.options import Attention
from wanmeter.execution.phase import Passes
from wanmeter.execution.pipelines.pipeline import Pipeline
from wanmeter.execution.pipelines.stored import stored_type
from wanmeter.execution.plan import PHASES, Plan
from wanmeter.execution.work import Work
from wanmeter.models.official_run import OfficialRun

FREQS_ROWS = 1024
"""Positions of the rotary table that a transformer keeps on the device. Source: WanModel.freqs."""


MAX_SAMPLES = 2**12
"""Most videos in a batch: the transformer's program takes one after the other, and seconds for these."""


def official(plan: Plan) -> Pipeline:
    """The official program on a plan."""
    plan.refuse_switches()
    if plan.profile.rms_norm != "fused":
        allowed = "fused with profile=official, whose norms are its own operators"
        raise InvalidValueError("profile.rms_norm", plan.profile.rms_norm, allowed)
    if plan.workload.batch_size > MAX_SAMPLES:
        allowed = (
            f"at most {MAX_SAMPLES:,} with profile=official, whose code takes one sample after"
            " the other; profile=diffusers takes any"
        )
        raise InvalidValueError("workload.batch_size", plan.workload.batch_size, allowed)
    program = _OnDevice(plan)
    return Pipeline(
        plan=plan,
        programs=program.programs,
        stored=program.stored,
        run_in=program.run_in,
        weights=program.weights,
        held=program.held,
        host_bytes=program.host_bytes,
        moved_bytes=lambda _: 0,
        transfers=program.transfers,
        attention=program.attention,
    )


@frozen
class _OnDevice:
    """The bytes that the official program keeps on a device, by what they are."""

    plan: Plan

    @property
    def programs(self) -> Mapping[str, Program]:
        """The program of each stage. The transformer's divides its tokens among the GPUs.

        Raises:
            InvalidValueError: the code does not run so.
        """
        plan = self.plan
        ulysses, cfg = plan.parallel.ulysses_degree or 1, plan.parallel.cfg_degree
        if cfg != 1:
            allowed = "1 with profile=official, whose code has no such switch"
            raise InvalidValueError("parallel.cfg_degree", cfg, allowed)
        denoised = [each for each in plan.stages if plan.run.component(each) == "transformer"]
        for stage in denoised:
            heads = plan.loaded.core(stage).num_heads
            if heads % ulysses:
                allowed = f"a divisor of the {heads} heads"
                raise InvalidValueError("parallel.ulysses_degree", ulysses, allowed)
        ring = plan.parallel.ring_degree or 1
        if ring != 1 and not self._official.uses_xdit:
            allowed = f"1 with {plan.run.model.name}, whose code has no rings"
            raise InvalidValueError("parallel.ring_degree", ring, allowed)
        transformer = Transformer(
            ranks=plan.gpus, ring=ring, t_of_tokens=self._official.time_per_token
        )
        return {**PROGRAMS, **dict.fromkeys(denoised, transformer)}

    def stored(self, stage: str) -> DType:
        """The type of a component's weights. The code casts the transformer's to bfloat16 as it runs."""
        component = self.plan.run.component(stage)
        if component == "transformer":
            converted = self._official.converts and not self.plan.parallel.fsdp
            return stored_type(self.plan, component, 16 if converted else 32, {16, 32})
        bits = 32 if component == "vae" else 16
        return stored_type(self.plan, component, bits, {bits})

    def run_in(self, stage: str) -> DType:
        """The type of a component's weights while it runs: FSDP gathers them in bfloat16.

        Source: Wan2.1 wan/distributed/fsdp.py, shard_model: MixedPrecision(param_dtype=torch.bfloat16).
        """
        return BFLOAT16 if self._is_shared(stage) else self.stored(stage)

    def _is_shared(self, stage: str) -> bool:
        """Whether GPUs share the weights of a stage's component."""
        shared = self.plan.run.component(stage) in ("transformer", "text_encoder")
        return shared and bool(self.plan.parallel.fsdp)

    @property
    def _official(self) -> OfficialRun:
        return self.plan.run.family.official_run(self.plan.run.model)

    @property
    def host_bytes(self) -> int:
        """Weights that leave the device, or never come; where GPUs share weights, each loads all of them."""
        plan = self.plan
        starts_there = plan.gpus == 1 and self._official.starts_on_host
        waiting = 0
        for stage in plan.stages:
            component, size = plan.run.component(stage), self.stored(stage).bytes
            offloads = bool(plan.placement.offload_model)
            if component == "image_encoder" and offloads:
                waiting += self._image_encoder_params(stage) * size
            elif (
                component == "text_encoder"
                and (offloads or plan.parallel.fsdp or plan.placement.t5_cpu)
            ) or (component == "transformer" and (offloads or plan.parallel.fsdp or starts_there)):
                waiting += plan.loaded.params(stage) * size
        return plan.gpus * waiting

    def transfers(self, stage: str, passes: tuple[Passes, ...]) -> list[Work]:
        """Whole models to and from the host; of shared weights, what other GPUs send.

        A unit is gathered in each pass; the root only in the first, and it stays. Before it is sent, a
        shard is cast.

        Source: PyTorch torch/distributed/fsdp/_flat_param.py, pre_unshard; _runtime_utils.py,
        _post_forward_reshard.
        """
        copies = self._copies(stage)
        work = (
            [Work("host_copy", "pageable", copies * self._bytes(stage), once=True)]
            if copies
            else []
        )
        if self._is_shared(stage):
            units, gpus = self.plan.loaded.units(stage), self.plan.gpus
            times = sum([each.times for each in passes])
            blocks, root = times * units.blocks * -(-units.block // gpus), -(-units.root // gpus)
            stored, sent = self.stored(stage).bytes, BFLOAT16.bytes
            for shard, once in ((blocks, False), (root, True)):
                work.append(Work("all_gather", "", sent * (gpus - 1) * shard, once=once))
                if stored != sent:
                    work.append(Work("dram", "", (stored + sent) * shard, once=once))
        return work

    def _copies(self, stage: str) -> int:
        """How often a model crosses the link to the host, in either direction: at most once in each."""
        plan, component = self.plan, self.plan.run.component(stage)
        offloads, one = bool(plan.placement.offload_model), plan.gpus == 1
        if component == "vae":
            return 0
        if component == "image_encoder":
            return int(offloads)
        if component == "text_encoder":
            return int(not plan.parallel.fsdp) + int(offloads)
        swaps = one and self._official.starts_on_host
        later = f"{stage}_2"
        replaced = swaps and later in plan.stages and plan.loaded.runs(later)
        return int(swaps) + int(offloads or replaced)

    def _bytes(self, stage: str) -> int:
        """The weights of a component on this GPU."""
        size = self.stored(stage).bytes
        if self.plan.run.component(stage) == "image_encoder":
            return self._image_encoder_params(stage) * size
        if self.plan.parallel.fsdp:
            return self.plan.loaded.units(stage).shard(self.plan.gpus) * size
        return self.plan.loaded.params(stage) * size

    def attention(self, architecture: str | None) -> Attention:
        """FlashAttention 3 where it can run and the code tries it, which xDiT does not.

        Source: Wan2.1 wan/modules/attention.py, flash_attention; xDiT's AttnType.FA.
        """
        shared = self.plan.gpus > 1 and self._official.uses_xdit
        return "fa3" if architecture == "hopper" and not shared else "fa2"

    def weights(self, stage: str) -> Mapping[str, int]:
        """Weights on the device while a stage runs."""
        weights: dict[str, int] = {}
        for each in self.plan.stages:
            component = self.plan.run.component(each)
            size = self.stored(each).bytes
            if component == "vae":
                weights["vae"] = self.plan.loaded.vae * size
            elif not self._is_on_device(each, stage):
                continue
            elif component == "image_encoder":
                weights[each] = self._image_encoder_params(each) * size
            else:
                weights |= self._units(each, stage)
        return weights

    def _is_on_device(self, component: str, stage: str) -> bool:
        """Whether a component other than the VAE is on the device while a stage runs."""
        plan, order = self.plan, self.plan.stages
        role = plan.run.component(component)
        if role == "text_encoder" and plan.placement.t5_cpu:
            return False
        swaps = plan.gpus == 1 and self._official.starts_on_host
        if order.index(component) <= order.index(stage):
            last = [
                each for each in order[: order.index(stage) + 1] if plan.run.component(each) == role
            ]
            # Of two experts that start on the host, only the one that ran last is on the device.
            replaced = role == "transformer" and swaps and component != last[-1]
            return component == stage or not (plan.placement.offload_model or replaced)
        if role == "transformer":
            return not swaps
        return role == "image_encoder"  # loaded at once; the text encoder waits on the host

    def _image_encoder_params(self, stage: str) -> int:
        """The parameters of the whole checkpoint, whose text tower never runs."""
        idle = self._official.idle_params.get("image_encoder", 0)
        return self.plan.loaded.params(stage) + idle

    def _units(self, component: str, stage: str) -> Mapping[str, int]:
        """A transformer or text encoder: whole, or this GPU's share of it.

        Of a share, the root is whole once it has run, and one block while it runs, both in bfloat16.

        Approximation: the next block may be on its way, and the whole root is padded by some elements.

        Source: PyTorch torch/distributed/fsdp/_runtime_utils.py, _post_forward_reshard.
        """
        units, size = self.plan.loaded.units(component), self.stored(component).bytes
        if not self.plan.parallel.fsdp:
            return {component: units.params * size}
        weights = {component: units.shard(self.plan.gpus) * size}
        order = self.plan.stages
        if order.index(component) <= order.index(stage):
            weights[f"{component}, whole root"] = BFLOAT16.bytes * units.root
        if component == stage:
            weights[f"{component}, whole block"] = BFLOAT16.bytes * units.block
        return weights

    def held(self, stage: str, passes: tuple[Passes, ...]) -> Mapping[str, int]:
        """What waits: latents by name, prompts, the rotary table, and inputs that are none of these."""
        plan, loaded = self.plan, self.plan.loaded
        waiting = self._official.waiting(PHASES[stage], bool(plan.placement.offload_model))
        latents = loaded.latent_elements * FLOAT32.bytes
        held = {name: quarters * latents // 4 for name, quarters in waiting.items()}
        if videos := self._official.videos(PHASES[stage]):
            held["videos"] = videos * loaded.video_elements * FLOAT32.bytes
        done = plan.workload.prompts - 1 if stage == "text_encoder" else plan.workload.prompts
        held["prompts"] = loaded.prompt_elements * done * BFLOAT16.bytes
        order = plan.stages[: plan.stages.index(stage) + 1]
        ran = [each for each in order if plan.run.component(each) == "transformer"]
        if "image_encoder" in order and stage != "image_encoder":
            held["image features"] = loaded.feature_elements * FLOAT16.bytes
        if ran:
            held["rotary tables"] = sum([self._freqs(each) for each in ran])
        if not ran and stage != "vae_decode":
            on_host = stage == "text_encoder" and plan.placement.t5_cpu
            held["inputs"] = 0 if on_host else max(each.execution.input_bytes for each in passes)
        return held

    def _freqs(self, stage: str) -> int:
        """WanModel.freqs: a complex number for each position and pair of elements of a head."""
        return FREQS_ROWS * self.plan.loaded.core(stage).head_dim // 2 * COMPLEX128.bytes
