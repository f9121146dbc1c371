// A Hugging Face folder with random weights in the sizes of a published model.
#pragma once

#include <cstdint>
#include <string>

#include "messages/result.h"
#include "stages/network/encoder_config.h"

namespace pith::bench {

/// Writes config.json and model.safetensors (float32): matrices and biases from N(0, 0.02), layer
/// norms 1 and 0. Errors: kStorageFailed, naming the file.
Result<Done> write_random_model(const std::string& folder, const EncoderConfig& config);

}  // namespace pith::bench
