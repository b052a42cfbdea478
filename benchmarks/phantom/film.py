"""Films a posed person in a room (pyvista) and gives the pictures one by one. Needs pyvista."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.phantom.body import Mesh, Posed
from benchmarks.phantom.clothes import Landmarks, dress
from benchmarks.phantom.motion import Floats
from benchmarks.phantom.scenes import Scene

Image = NDArray[np.uint8]
MATTE = {"ambient": 0.38, "diffuse": 0.7, "specular": 0.06, "show_scalar_bar": False}
FLAT = {"ambient": 0.6, "diffuse": 0.4, "show_scalar_bar": False}
CHAIR_AHEAD_M = 0.6
BYSTANDER_AT = (1.25, 0.8)


def film(scene: Scene, posed: Posed, mesh: Mesh) -> Iterator[Image]:
    """Yield each frame as an (H, W, 3) RGB picture, with noise and vignette as from a camera."""
    import pyvista as pv

    plotter = pv.Plotter(off_screen=True, window_size=list(scene.size), lighting="none")
    try:
        offset, colour = dress(scene.outfit, posed.vertices[0], mesh.bones, _heights(posed))
        triangles = np.hstack([np.full((len(mesh.triangles), 1), 3), mesh.triangles]).ravel()
        person = pv.PolyData(_shell(posed.vertices[0], mesh, offset)[0], triangles)
        person["rgb"] = colour
        plotter.add_mesh(person, scalars="rgb", rgb=True, interpolation="Phong", **MATTE)
        _room(plotter, scene)
        if scene.bystander:
            _bystander(plotter, scene, posed, triangles, colour)
        _light_and_camera(plotter, scene)
        rng, shade = np.random.default_rng((scene.seed, 5)), _vignette(scene)
        for vertices in posed.vertices:
            person.points, normals = _shell(vertices, mesh, offset)
            person.point_data.active_normals = normals
            plotter.render()
            picture = np.asarray(plotter.screenshot(None, return_img=True))[..., :3].astype(np.float32) * shade
            picture += rng.normal(0.0, scene.noise, (*picture.shape[:2], 1)).astype(np.float32)
            yield np.clip(picture, 0, 255).astype(np.uint8)
    finally:
        plotter.close()


def vertex_normals(vertices: Floats, mesh: Mesh) -> Floats:
    """(V, 3) unit normals, each the mean of the adjacent triangles' by area."""
    a, b, c = (vertices[mesh.triangles[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    total = np.stack([_sum_at(mesh, face[:, k], len(vertices)) for k in range(3)], axis=1)
    normals: Floats = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return normals


def _sum_at(mesh: Mesh, values: Floats, n: int) -> Floats:
    total = np.bincount(mesh.triangles.ravel(), weights=np.repeat(values, 3), minlength=n)
    return total.astype(float)


def _shell(vertices: Any, mesh: Mesh, offset: Floats) -> tuple[Floats, Floats]:
    at = np.asarray(vertices, dtype=float)
    normals = vertex_normals(at, mesh)
    return at + normals * offset[:, None], normals


def _heights(posed: Posed) -> Landmarks:
    z = {name: float(points[0, 2]) for name, points in posed.joints.items()}
    return Landmarks(hip_m=z["hipL"], knee_m=z["kneeL"], ankle_m=z["ankleL"], shoulder_m=z["shoulderL"])


def _vignette(scene: Scene) -> NDArray[np.float32]:
    width, height = scene.size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shade: NDArray[np.float32] = (1.0 - scene.vignette * (x**2 + y**2) / 2.0)[..., None].astype(np.float32)
    return shade


def _room(plotter: Any, scene: Scene) -> None:
    import pyvista as pv

    rng = np.random.default_rng((scene.seed, 6))
    plotter.set_background([c / 255 for c in scene.wall])
    plotter.add_mesh(
        pv.Disc(center=(0, 0, 0.004), inner=0, outer=0.3, c_res=40), color="black", opacity=0.3, lighting=False
    )
    if scene.hands == "support":
        _chair(plotter)
    if scene.background == "plain":
        return
    away = _away(scene)
    aside = np.cross(away, [0.0, 0.0, 1.0])
    floor = pv.Plane(center=(0, 0, 0), direction=(0, 0, 1), i_size=16, j_size=16, i_resolution=80, j_resolution=80)
    wall = pv.Plane(
        center=tuple(away * 2.3 + [0, 0, 2]),
        direction=tuple(-away),
        i_size=16,
        j_size=8,
        i_resolution=50,
        j_resolution=50,
    )
    for surface, base, grain in ((floor, scene.floor, 7.0), (wall, scene.wall, 3.0)):
        tint = np.array(base) + rng.normal(0, grain, (surface.n_points, 1))
        surface["rgb"] = np.clip(tint, 0, 255).astype(np.uint8)
        plotter.add_mesh(surface, scalars="rgb", rgb=True, **FLAT)
    _furniture(plotter, rng, away, aside, pieces=12 if scene.background == "busy" else 4)


def _furniture(plotter: Any, rng: np.random.Generator, away: Floats, aside: Floats, *, pieces: int) -> None:
    """Boxes of any colour at the wall."""
    import pyvista as pv

    for _ in range(pieces):
        centre = away * rng.uniform(1.6, 2.2) + aside * rng.uniform(-2.6, 2.6)
        width, depth, height = rng.uniform(0.15, 0.8), rng.uniform(0.05, 0.4), rng.uniform(0.3, 1.9)
        box = pv.Cube(
            center=(centre[0], centre[1], height / 2 + rng.choice([0.0, 0.7])),
            x_length=width,
            y_length=depth,
            z_length=height,
        )
        plotter.add_mesh(box, color=rng.uniform(0.1, 0.95, 3).tolist(), ambient=0.4, diffuse=0.5)


def _chair(plotter: Any) -> None:
    import pyvista as pv

    y, wood = -CHAIR_AHEAD_M, {"color": (0.36, 0.23, 0.13), "ambient": 0.4, "diffuse": 0.6}
    parts = [((x, y, 0.47), (0.04, 0.04, 0.94)) for x in (-0.21, 0.21)]
    parts += [((0.0, y, 0.92), (0.48, 0.03, 0.12)), ((0.0, y - 0.22, 0.45), (0.46, 0.44, 0.05))]
    for centre, (dx, dy, dz) in parts:
        plotter.add_mesh(pv.Cube(center=centre, x_length=dx, y_length=dy, z_length=dz), **wood)


def _bystander(plotter: Any, scene: Scene, posed: Posed, triangles: Any, colour: Image) -> None:
    import pyvista as pv

    away = _away(scene)
    behind, aside = BYSTANDER_AT
    other = pv.PolyData(posed.vertices[0] + away * behind + np.cross(away, [0, 0, 1]) * aside, triangles)
    other["rgb"] = np.ascontiguousarray(colour[:, ::-1])
    plotter.add_mesh(other, scalars="rgb", rgb=True, **MATTE)


def _away(scene: Scene) -> Floats:
    """Level direction from the camera to the person."""
    camera = scene.camera
    away = (camera.target - camera.position) * [1.0, 1.0, 0.0]
    out: Floats = away / np.linalg.norm(away)
    return out


def _light_and_camera(plotter: Any, scene: Scene) -> None:
    import pyvista as pv

    camera, a = scene.camera, np.radians(scene.light_from_deg)
    away = _away(scene)
    aside = np.cross(away, [0.0, 0.0, 1.0])
    key = camera.target + 4.0 * (aside * np.sin(a) - away * np.cos(a)) + [0.0, 0.0, 2.4]
    fill = camera.target - 3.0 * aside * np.sin(a) - 2.0 * away + [0.0, 0.0, 0.6]
    for position, strength in ((key, 0.75), (fill, 0.35)):
        plotter.add_light(
            pv.Light(position=tuple(position), focal_point=tuple(camera.target), intensity=strength * scene.light)
        )
    plotter.camera.position, plotter.camera.focal_point = tuple(camera.position), tuple(camera.target)
    plotter.camera.up, plotter.camera.view_angle = tuple(camera.up), camera.fov_deg
    plotter.camera.clipping_range = (0.05, 40.0)
    plotter.enable_anti_aliasing("msaa", multi_samples=4)
