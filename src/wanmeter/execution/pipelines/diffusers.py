"""diffusers' pipelines: what is loaded, and what waits, in each phase.

Source: diffusers pipelines/wan, pipeline_wan.py, pipeline_wan_i2v.py and pipeline_wan_vace.py.
"""

from collections.abc import Mapping

from attrs import evolve, frozen

from wanmeter.execution.diffusers import PROGRAMS
from wanmeter.execution.diffusers.tiling import TiledDecode, TiledEncode
from wanmeter.execution.dtype import BFLOAT16, FLOAT32, DType
from wanmeter.execution.execution import Program, Stored, executed
from wanmeter.execution.phase import Passes
from wanmeter.execution.pipelines.pipeline import Pipeline
from wanmeter.execution.pipelines.stored import stored_type
from wanmeter.execution.placed import (
    Placed,
    converted_bytes,
    largest_leaves,
    moving,
    placed,
)
from wanmeter.execution.plan import Plan
from wanmeter.execution.work import Work


def diffusers(plan: Plan) -> Pipeline:
    """The pipeline of diffusers on a plan."""
    program = _OnDevice(plan)
    return Pipeline(
        plan=plan,
        programs=program.programs,
        stored=program.stored,
        run_in=program.stored,
        weights=program.weights,
        held=program.held,
        host_bytes=program.host_bytes,
        moved_bytes=lambda stage: program.placed(stage).moved_bytes,
        transfers=program.transfers,
        attention=lambda _: "sdpa",
    )


@frozen
class _OnDevice:
    """The bytes that a pipeline keeps on a device, by what they are."""

    plan: Plan

    @property
    def programs(self) -> Mapping[str, Program]:
        """The program of each stage; the VAE's in tiles, if their size is set."""
        tiles = self.plan.placement.tiles
        if tiles is None:
            return PROGRAMS
        tiled: dict[str, Program] = {
            "vae_encode": TiledEncode(**tiles),
            "vae_decode": TiledDecode(**tiles),
        }
        return {**PROGRAMS, **tiled}

    def stored(self, stage: str) -> DType:
        """The type of a component's weights, but for those that the libraries keep in float32."""
        component = self.plan.run.component(stage)
        return stored_type(self.plan, component, 32 if component == "vae" else 16, {16, 32})

    def weights(self, stage: str) -> Mapping[str, int]:
        """The weights on the device: of all components, or with offloading of some."""
        weights = {name: self.placed(each).device_bytes for name, each in self._here(stage).items()}
        if self.plan.run.component(stage) == "transformer" and self.plan.placement.quantized:
            weights["converted matrix"] = converted_bytes(self._rows(stage), self.plan.placement)
        return weights

    def transfers(self, stage: str, passes: tuple[Passes, ...]) -> list[Work]:
        """Weights to and from the host: whole components, or their parts in each pass.

        Parts are copied back, but for those that a stream brings; accelerate drops what it has copied.
        ASSUMED: programs that swap blocks copy them back too.

        Source: diffusers hooks/group_offloading.py, ModuleGroup; pipelines/pipeline_utils.py,
        enable_model_cpu_offload; accelerate hooks.py, CpuOffload and AlignDevicesHook.
        """
        placement, place = self.plan.placement, self.placed(stage)
        times = sum([each.times for each in passes])
        moved = (
            self._leaf_bytes(stage, passes)
            if self._is_encoder(stage)
            else times * place.moved_bytes
        )
        unstreamed = times * place.unstreamed_bytes
        ways = 1 if placement.name == "sequential_offload" else 2
        work = []
        if place.moved_bytes and not placement.use_stream:
            work.append(Work("host_copy", "pageable", ways * moved))
        elif place.moved_bytes > place.unstreamed_bytes:
            work.append(Work("host_stream", "pinned", moved - unstreamed))
        if place.unstreamed_bytes and placement.use_stream:
            work.append(Work("host_copy", "pageable", ways * unstreamed))
        whole = placement.offload_type is None or not place.moved_bytes
        if self._offloads and whole and self._name(stage) not in self._here_before(stage):
            size = 2 * place.device_bytes  # there and back
            work.append(Work("host_copy", "pageable", size, once=True))
        return work

    def _is_encoder(self, stage: str) -> bool:
        """Whether a stage runs the VAE or the image encoder, whose blocks are never offloaded."""
        return self.plan.run.component(stage) in ("vae", "image_encoder")

    def _leaf_bytes(self, stage: str, passes: tuple[Passes, ...]) -> int:
        """What leaves bring where they run several times a pass: for each latent frame, and for each tile.

        Norms, which have next to no weights, are left out.
        """
        sizes = {f"{stage}/{row.path}": row.bytes for row in self._rows(stage)}
        return sum(
            [
                each.times * kernel.calls * sizes[kernel.path]
                for each in passes
                for kernel in each.execution.kernels
                if kernel.flops and kernel.path in sizes
            ]
        )

    def _here_before(self, stage: str) -> Mapping[str, str]:
        """The components that the stage before left on the device."""
        before = self.plan.stages[: self.plan.stages.index(stage)]
        ran = [each for each in before if self.plan.loaded.runs(each)]
        return self._here(ran[-1]) if ran else {}

    def _here(self, stage: str) -> Mapping[str, str]:
        """The components on the device, by name, each with a stage of its own.

        A component that runs moves the one before it in the pipeline's order to the host, and no other.

        Source: diffusers pipelines/pipeline_utils.py, enable_model_cpu_offload: cpu_offload_with_hook
        with the hook of the model before; pipelines/wan, model_cpu_offload_seq.
        """
        plan = self.plan
        stages = [each for each in plan.stages if not self._is_on_host(each)]
        if not self._offloads:
            return {self._name(each): each for each in (*stages, stage) if each in stages}
        if plan.placement.offload_type is not None:
            return {self._name(stage): stage} if stage in stages else {}
        order = [each for each in plan.stages if plan.run.component(each) != "vae"]
        here: dict[str, str] = {}
        for each in plan.stages[: plan.stages.index(stage) + 1]:
            if not plan.loaded.runs(each) or each not in stages:
                continue
            name = self._name(each)
            at = order.index(each) if each in order else len(order)
            if at:
                here.pop(order[at - 1], None)
            here[name] = each
        return here

    def _name(self, stage: str) -> str:
        """The name of a stage's component; two stages run the VAE."""
        return "vae" if self.plan.run.component(stage) == "vae" else stage

    def _is_on_host(self, stage: str) -> bool:
        component = self.plan.run.component(stage)
        return component == "text_encoder" and bool(self.plan.placement.t5_cpu)

    @property
    def _offloads(self) -> bool:
        """Whether components leave the device when they have run."""
        placement = self.plan.placement
        return bool(placement.offload_model) or placement.offload_type is not None

    def placed(self, stage: str) -> Placed:
        """Where the weights of a stage's component are while it runs."""
        plan, component = self.plan, self.plan.run.component(stage)
        rows, leaves = self._rows(stage), plan.placement.offload_type == "leaf_level"
        if self._is_encoder(stage):
            whole = sum([row.copies * row.bytes for row in rows])
            if component == "vae":  # its other half too
                whole = plan.loaded.vae * self.stored(stage).bytes
            return (
                moving(whole, largest_leaves(rows, plan.placement))
                if leaves
                else Placed.whole(whole)
            )
        placement = plan.placement
        if component != "transformer":
            placement = evolve(placement, blocks_to_swap=0, quantized=None)
        # UMT5EncoderModel has its blocks in `encoder`, so that block-level offloading does not find them.
        return placed(rows, placement, grouped=component == "transformer")

    def _rows(self, stage: str) -> tuple[Stored, ...]:
        """The weights of a component, row by row, with those that are kept in float32."""
        (layer, _), *_ = self.plan.loaded.layers(stage)
        return executed(PROGRAMS[stage], stage, layer, self.stored(stage)).stored

    def held(self, stage: str, passes: tuple[Passes, ...]) -> Mapping[str, int]:
        """What waits: latents by name, what the prompt gave, and inputs that are none of these."""
        run, loaded = self.plan.run, self.plan.loaded
        component = run.component(stage)
        inputs = max(each.execution.input_bytes for each in passes)
        each = loaded.prompt_elements * BFLOAT16.bytes
        prompts = self.plan.workload.prompts
        if component == "text_encoder":
            given = 0 if self.plan.placement.t5_cpu else inputs
            return {"inputs": given, "prompts": (prompts - 1) * each}
        held = {"prompts": prompts * each}
        order = self.plan.stages[: self.plan.stages.index(stage) + 1]
        if "image_encoder" in order and stage != "image_encoder":
            held["image features"] = loaded.feature_elements * BFLOAT16.bytes
        denoised = [each for each in self.plan.stages if run.component(each) == "transformer"]
        if stage not in (*denoised, "vae_decode"):
            latents = loaded.latent_elements * FLOAT32.bytes if component == "vae" else 0
            return {**held, "latents": latents, "inputs": inputs}
        return {**held, **self._waiting(denoised[0])} if denoised else held

    def _waiting(self, stage: str) -> Mapping[str, int]:
        """What waits between steps. The model sees and predicts latents in the type of its weights.

        Source: diffusers pipelines/wan, pipeline_wan.py, pipeline_wan_i2v.py and pipeline_wan_vace.py,
        __call__; schedulers/scheduling_unipc_multistep.py, UniPCMultistepScheduler.step, whose
        solver_order is 2.
        """
        latents = self.plan.loaded.latent_elements * FLOAT32.bytes
        seen, given = self.plan.loaded.channels(stage)
        width, own = self.stored(stage).bytes, self.plan.run.vae.z_dim
        each = latents // (own * FLOAT32.bytes)  # positions
        waiting = {
            "latents": latents,
            "model input": seen * each * width,
            "prediction": own * each * width,
            "unguided prediction": own * each * width * (self.plan.workload.prompts - 1),
            "model outputs": 2 * latents,
            "last sample": latents,
        }
        if given:
            return {**waiting, "condition": given * each * width}
        if "vae_encode" in self.plan.stages:
            return {**waiting, "condition": (seen - own) * each * FLOAT32.bytes}
        return {**waiting, "mask": latents}

    @property
    def host_bytes(self) -> int:
        """Weights that leave the device, or wait beside it."""
        places = {self._name(stage): self.placed(stage) for stage in self.plan.stages}
        waits = {name for name in places if self._offloads}
        waits |= {"text_encoder"} if self.plan.placement.t5_cpu else set()
        return sum(
            [
                place.weight_bytes if name in waits else place.host_bytes
                for name, place in places.items()
            ]
        )
