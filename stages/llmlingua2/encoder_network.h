// The encoder of a model folder as the network that exact mode asks.
#pragma once

#include <memory>

#include "stages/llmlingua2/model_pass.h"
#include "stages/network/encoder.h"

namespace pith {

/// The second class of two. Masked positions are left out; the others keep the position numbers
/// that they have beside them. Errors of a call: kInvalidArgument: the model has no row for a
/// [NEWi], or too few positions; kFileUnreadable: its weights give what is not finite.
KeepProbabilities encoder_network(std::shared_ptr<const Encoder> encoder);

}  // namespace pith
