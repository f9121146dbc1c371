#include "stages/llmlingua2/encoder_network.h"

#include <algorithm>
#include <cmath>

namespace pith {
namespace {

/// Softmax in float, as the reference has it.
float second_class(std::span<const float> logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  return std::exp(logits[1] - largest) / sum;
}

}  // namespace

KeepProbabilities encoder_network(std::shared_ptr<const Encoder> encoder) {
  return [encoder = std::move(encoder)](
             std::span<const std::int32_t> ids,
             const std::vector<bool>& active) -> Result<std::vector<float>> {
    const EncoderConfig& config = encoder->config();
    const std::vector<std::int32_t> all_positions = position_ids(config, ids);
    std::vector<std::int32_t> seen;
    std::vector<std::int32_t> positions;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!active[i]) continue;
      if (ids[i] >= config.vocab_size) {
        return Error{ErrorCode::kInvalidArgument,
                     "the model has no embedding for id " + std::to_string(ids[i]) +
                         ": it was not made for force tokens that stand for [NEWi]"};
      }
      seen.push_back(ids[i]);
      positions.push_back(all_positions[i]);
    }
    const EncoderSequence sequence{seen, positions};
    const auto logits = encoder->forward({&sequence, 1});
    if (!logits) return logits.error();
    const auto labels = static_cast<std::size_t>(config.num_labels);
    std::vector<float> probs(seen.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      probs[i] = second_class(std::span(*logits).subspan(i * labels, labels));
      // Nothing is above a threshold that is not a number: all of the text would go, unsaid.
      if (!std::isfinite(probs[i])) {
        return Error{ErrorCode::kFileUnreadable, "the model's logits are not finite"};
      }
    }
    return probs;
  };
}

}  // namespace pith
