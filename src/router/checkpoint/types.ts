/** A checkpoint in its published JSON form. Members that are not listed are ignored. */
export interface CheckpointDocument {
  /** One centroid per cluster. */
  readonly cluster_centers: readonly (readonly number[])[];
  /** Score of each model in each cluster, between 0 and 1. */
  readonly models: readonly { readonly model_id: string; readonly scores: readonly number[] }[];
  /** The embedder that it was trained with. */
  readonly embedding: {
    readonly model: string;
    readonly trust_remote_code?: boolean;
    readonly embedding_prompt_name?: string;
    readonly embedding_prompt?: string;
    readonly max_seq_length?: number;
  };
  /** How the clusters were found. */
  readonly clustering: {
    readonly n_clusters: number;
    readonly random_state?: number;
    readonly max_iter?: number;
    readonly n_init?: number;
    readonly algorithm?: string;
    readonly normalization?: string;
  };
  /** Reduces vectors before they are compared; `null`: not at all. */
  readonly reduction: null | { readonly kind: string; readonly config?: unknown; readonly state?: unknown };
  /** Measures of the clustering. */
  readonly metrics?: null | {
    readonly n_samples?: number;
    readonly cluster_sizes?: readonly number[];
    readonly silhouette_score?: number;
    readonly inertia?: number;
  };
  /** What the trainer of this package adds. Other readers ignore it. */
  readonly nordlys_proxy?: TrainerExtras;
}

/** What `train()` stores beside the published members. */
export interface TrainerExtras {
  /** The 99th percentile of the training prompts' distances to their centroids. */
  readonly max_distance?: number;
  /** What the hashing embedder needs. */
  readonly hashing?: HashingParameters;
  /** Mean USD per request, by cluster, as the training data had it. */
  readonly costs?: readonly { readonly model_id: string; readonly usd: readonly number[] }[];
  /** `tradeOff` that kept this share of the best single model's quality on the trainer's validation split. */
  readonly trade_offs?: readonly { readonly quality: number; readonly trade_off: number }[];
}

/** Weights and projection of the hashing embedder. Bytes are base64 in JSON. */
export interface HashingParameters {
  /** Number of hash buckets. */
  readonly buckets: number;
  /** Characters of a text that are read. */
  readonly max_characters: number;
  /** Columns of the projection. */
  readonly columns: number;
  /** The first so many columns are scaled to unit length together, then by `unit_weight`. */
  readonly unit_columns: number;
  /** Weight of the columns of unit length. */
  readonly unit_weight: number;
  /** The other columns, taken together, are shortened to this length where they are longer. */
  readonly max_length: number;
  /** Float32, little-endian, one for each bucket. */
  readonly idf: string | Uint8Array;
  /** Int8, one row for each bucket. */
  readonly projection: string | Uint8Array;
  /** By column: the factor from Int8 to number. */
  readonly scales: readonly number[];
}

/** A checkpoint that was checked and made ready for decisions. */
export interface Checkpoint {
  /** Numbers in a centroid. */
  readonly dimension: number;
  /** Number of clusters. */
  readonly clusters: number;
  /** Row by row. */
  readonly centers: Float32Array;
  /** The models, with their scores. */
  readonly models: readonly CheckpointModel[];
  /** The embedder that it was trained with. */
  readonly embedding: {
    readonly model: string;
    readonly promptName: string;
    readonly prompt: string;
    readonly maxSequenceLength: number;
  };
  /** `'l2'`: vectors are scaled to unit length before they are compared. */
  readonly normalization: string;
  /** Reduces vectors before they are compared; `undefined`: not at all. */
  readonly reduction: Pca | undefined;
  /** What the trainer of this package added. */
  readonly extras: TrainerExtras;
}

/** One model of a checkpoint. */
export interface CheckpointModel {
  /** Name of the model. */
  readonly id: string;
  /** By cluster, in [0, 1]; higher is better. */
  readonly scores: Float32Array;
  /** Over all clusters, weighted by their sizes where those are known. */
  readonly meanScore: number;
}

/** A principal component analysis: `(x − mean) · componentsᵀ`, whitened if set. */
export interface Pca {
  /** Numbers in a vector before the reduction. */
  readonly inputs: number;
  /** Numbers in a vector after it. */
  readonly outputs: number;
  /** Row by row, already divided by the whitening factor. */
  readonly components: Float64Array;
  /** Subtracted first. */
  readonly mean: Float64Array;
}
