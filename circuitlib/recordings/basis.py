"""Smooth bases for filters."""

import numpy as np
from jaxtyping import Float


def raised_cosines(n_steps: int, n_basis: int) -> Float[np.ndarray, "steps basis"]:
    r"""Evenly spaced raised cosines, :math:`(1 + \cos(\pi (t - c) / 2 \Delta)) / 2` around c.

    Their centers span the steps from the first to the last at distances :math:`\Delta`, and each
    reaches as far as the center after the next, so that away from the ends they add up to two.

    Parameters
    ----------
    n_steps
        Time steps.
    n_basis
        Number of cosines, two or more.

    Returns
    -------
    array
        Shape ``(steps, basis)``, between 0 and 1.

    Raises
    ------
    ValueError
        If there are less than two cosines or steps.

    Examples
    --------
    >>> raised_cosines(5, 3)[:, 1]
    array([0.5       , 0.85355339, 1.        , 0.85355339, 0.5       ])
    """
    if n_basis < 2 or n_steps < 2:
        raise ValueError(f"a basis needs two cosines and two steps, got {n_basis} and {n_steps}")
    centers, spacing = np.linspace(0, n_steps - 1, n_basis, retstep=True)
    phase = (np.arange(n_steps)[:, None] - centers[None, :]) / (2 * float(spacing))
    return np.asarray((1 + np.cos(np.pi * np.clip(phase, -1, 1))) / 2)
