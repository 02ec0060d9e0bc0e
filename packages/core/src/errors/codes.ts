/**
 * Every error attune throws on purpose carries one of these codes. The text is what the code means in general;
 * the message of an error says what was expected, what came, and what to do next.
 */
export const errorCodes = {
  SHAPE_MISMATCH: 'Tensor shapes do not fit the operation.',
  DTYPE_MISMATCH: 'A tensor has another dtype than the operation takes.',
  INVALID_ARGUMENT: 'An argument is outside of what the function accepts.',
  INVALID_PROGRAM: 'A program is not well formed: the verifier lists every fault.',
  NOT_DIFFERENTIABLE: 'A gradient was requested through an operation that has none.',
  UNSUPPORTED_OP: 'The backend lacks operations of the program: all of them are listed.',
  UNKNOWN_BACKEND: 'No backend has this name.',
  BACKEND_UNAVAILABLE: 'The backend exists, but cannot run in this environment.',
  BACKEND_FAILURE: 'The engine of a backend failed at run time.',
  ENVIRONMENT_FAULT: 'A fault that `attune doctor` found, for which nothing can be trained here.',
  SETUP_FAILED: 'A step of `attune setup` failed.',
  OUT_OF_MEMORY: 'The requested tensors do not fit into the memory of the device.',
  DISPOSED: 'The object was used after dispose().',
  STATE_POISONED: 'A run failed halfway, so that the tensors of this State can no longer be trusted.',
  UNKNOWN_TENSOR: 'No tensor has this name.',
  FEED_MISMATCH: 'The feeds of a run do not match the inputs of its program.',
  UNKNOWN_KEY: 'A configuration has a key that does not exist.',
  INVALID_CONFIG:
    'A setting is of the wrong type or out of range, or what is to be written is there already.',
  FILE_NOT_FOUND: 'A file or folder does not exist.',
  FILE_READ: 'A file or folder is there, but cannot be read.',
  FILE_EMPTY: 'A file holds no data.',
  FILE_CORRUPT: 'A file is damaged, or is not in the format that it should have.',
  UNSUPPORTED_FILE: 'The kind of a file is not supported; the message names it, and how to convert it.',
  FILE_WRITE: 'A file could not be written.',
  HUB_UNREACHABLE: 'The hub of models cannot be reached, or offline mode is on.',
  HUB_NOT_FOUND: 'The hub has no model, revision or file of this name.',
  HUB_ACCESS_DENIED: 'The hub does not let this user read or write a model.',
  HUB_BAD_RESPONSE: 'The hub, or a proxy before it, sent a response that cannot be used.',
  CHECKSUM_MISMATCH: 'A downloaded file does not have the checksum that the hub states.',
  RUN_LOCKED: 'Another process is working in the folder of this run.',
  UNSUPPORTED_MODEL: 'A model folder asks for a feature that attune does not have.',
  CHECKPOINT_MISMATCH: 'A checkpoint does not belong to this model or run.',
  EXPORT_MISMATCH: 'An exported model does not compute what the model itself computes.',
  TOKEN_OUT_OF_RANGE: 'A token id is not below the size of the vocabulary.',
  UNKNOWN_FORMAT: 'The format of the examples in a file cannot be detected, or differs from row to row.',
  INVALID_EXAMPLE: 'A row of a data set does not have the form that its format requires.',
  EXAMPLE_TOO_LONG: 'A row of a data set has more tokens than are allowed.',
  NO_CHAT_TEMPLATE: 'A conversation has to be rendered as text, but there is no chat template.',
  TEMPLATE_FAILED: 'A chat template is not valid, refuses a conversation, or takes too much time or memory.',
  TEMPLATE_UNSUPPORTED:
    'A chat template rewrites a conversation so that its answers cannot be found in the text.',
  DATA_TOO_SHORT: 'The data is shorter than one block of tokens.',
  NO_TARGETS: 'A batch or a row has no target that carries loss.',
  NON_FINITE: 'Loss or gradients became NaN or infinite.',
  LOSS_SPIKE: 'The loss of a step rose far above its recent values.',
  COMMUNICATOR_UNAVAILABLE:
    'Several processes were asked for, but what connects them cannot be loaded or started.',
  RANK_LOST: 'A process of a distributed run is gone or cannot be reached.',
  RANKS_DISAGREE:
    'The processes of a distributed run ask each other for different things, or have different numbers.',
  LISTEN_FAILED: 'A server cannot listen on the requested host and port.',
  QUEUE_FULL: 'More requests wait for a model than its queue has room for.',
  CONTEXT_EXCEEDED: "A prompt leaves no room for an answer in the model's context.",
  SCHEMA_UNSUPPORTED: 'A JSON schema asks for what answers cannot be held to; the message names it.',
  SCHEMA_TOO_COSTLY: 'A JSON schema takes too much time or memory.',
  INTERRUPTED: 'The work was interrupted before it was done.',
} as const;

/** The code of an {@link AttuneError}. */
export type ErrorCode = keyof typeof errorCodes;
