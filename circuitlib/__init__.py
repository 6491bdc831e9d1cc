"""Infer who is wired to whom in a neural circuit, from spikes alone."""

from importlib.metadata import version

from circuitlib._npz import ArchiveError
from circuitlib.experiments.store import StoredRun, Summary, load_runs, summarize
from circuitlib.files.load import load
from circuitlib.head_direction import tuning
from circuitlib.head_direction.angular_profile import angular_profile
from circuitlib.head_direction.controls import shuffle_control, simulate_stand_in, uncoupled_control
from circuitlib.head_direction.files import fetch_head_direction, load_head_direction
from circuitlib.head_direction.placement import place_on_ring
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import (
    TuningCurves,
    hd_score,
    preferred_directions,
    tuning_curves,
)
from circuitlib.methods.catalogue import METHODS, make
from circuitlib.methods.covariance import Correlation, Precision
from circuitlib.methods.estimator import ConnectivityEstimator, held_out_bits
from circuitlib.methods.glm.coupling import CouplingGLM
from circuitlib.methods.glm.history import HistoryGLM, SameBinGLM
from circuitlib.methods.gnn.gnn import GNN
from circuitlib.methods.gnn.messages import SynapticConv
from circuitlib.methods.gnn.paper_gnn import ConvolutionalGNN
from circuitlib.methods.gnn.paper_structure_module import ConvolutionalWeights
from circuitlib.methods.gnn.structure_module import PairwiseWeights, quiet_modes
from circuitlib.methods.ising import ProbabilityFlow
from circuitlib.methods.logistic import L1Logistic
from circuitlib.methods.netformer import NetFormer
from circuitlib.methods.seqnmf import SeqNMF
from circuitlib.methods.tca import TCA
from circuitlib.methods.weights_file import InferredWeights, load_weights
from circuitlib.metrics import (
    Score,
    bits_per_spike,
    bits_per_spike_by_neuron,
    inference_error,
    mean_profile,
    score_weights,
)
from circuitlib.notebook import plotting
from circuitlib.notebook.cells import Table, check, glue
from circuitlib.notebook.sliders import film, slider
from circuitlib.recordings.spike_trains import Recording, SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.simulation.networks import SWEEP, Network, RandomNetwork, RingNetwork
from circuitlib.simulation.oracle import oracle_bits_per_spike, true_rates
from circuitlib.simulation.record import Simulation
from circuitlib.simulation.simulator import simulate, simulate_counts

__version__ = version("circuitlib")

__all__ = [
    "GNN",
    "METHODS",
    "SWEEP",
    "TCA",
    "ArchiveError",
    "ConnectivityEstimator",
    "ConvolutionalGNN",
    "ConvolutionalWeights",
    "Correlation",
    "CouplingGLM",
    "HeadDirectionRecording",
    "HistoryGLM",
    "InferredWeights",
    "L1Logistic",
    "NetFormer",
    "Network",
    "PairwiseWeights",
    "Precision",
    "ProbabilityFlow",
    "RandomNetwork",
    "Recording",
    "RingNetwork",
    "SameBinGLM",
    "Score",
    "SeqNMF",
    "Simulation",
    "SpikeTrains",
    "Spikes",
    "StoredRun",
    "Summary",
    "SynapticConv",
    "Table",
    "TuningCurves",
    "angular_profile",
    "bits_per_spike",
    "bits_per_spike_by_neuron",
    "check",
    "fetch_head_direction",
    "film",
    "glue",
    "hd_score",
    "held_out_bits",
    "inference_error",
    "load",
    "load_head_direction",
    "load_runs",
    "load_weights",
    "make",
    "mean_profile",
    "oracle_bits_per_spike",
    "place_on_ring",
    "plotting",
    "preferred_directions",
    "quiet_modes",
    "score_weights",
    "shuffle_control",
    "simulate",
    "simulate_counts",
    "simulate_stand_in",
    "slider",
    "summarize",
    "true_rates",
    "tuning",
    "tuning_curves",
    "uncoupled_control",
]
