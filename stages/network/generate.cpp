#include "stages/network/generate.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace pith {
namespace {

/// A text on its way: `next` goes into the decoder.
struct Running {
  std::size_t request = 0;
  DecoderCache cache;
  std::vector<std::int32_t> next, positions;
};

class Generation {
 public:
  Generation(const Decoder& decoder, std::span<const GenerateRequest> requests,
             DecoderMemory& memory)
      : decoder_(decoder), requests_(requests), memory_(memory), results_(requests.size()) {}

  Result<std::vector<Generated>> run(std::size_t side_by_side, const DecoderStop& stop) {
    for (const GenerateRequest& request : requests_) {
      if (auto error = invalid(request)) return *std::move(error);
    }
    std::size_t begun = 0;
    while (begun < requests_.size() || !running_.empty()) {
      while (begun < requests_.size() && running_.size() < side_by_side) begin(begun++);
      if (auto error = step(stop)) return *std::move(error);
    }
    return std::move(results_);
  }

 private:
  std::optional<Error> invalid(const GenerateRequest& request) const {
    if (request.prompt.empty()) return Error{ErrorCode::kInvalidArgument, "an empty prompt"};
    const std::int32_t first = request.prefix != nullptr ? request.prefix->next_position() : 0;
    const auto room = static_cast<std::size_t>(decoder_.config().max_positions - first);
    if (request.prompt.size() > room) {
      return Error{ErrorCode::kInvalidArgument,
                   "a prompt is longer than the model allows: num_tokens=" +
                       std::to_string(request.prompt.size()) +
                       " length_max=" + std::to_string(room)};
    }
    return std::nullopt;
  }

  void begin(std::size_t index) {
    const GenerateRequest& request = requests_[index];
    if (request.tokens_max == 0) return;
    DecoderCache cache =
        request.prefix != nullptr ? request.prefix->copy() : DecoderCache(decoder_.config());
    std::vector<std::int32_t> positions(request.prompt.size());
    std::iota(positions.begin(), positions.end(), cache.next_position());
    running_.push_back({index, std::move(cache), request.prompt, std::move(positions)});
  }

  std::optional<Error> step(const DecoderStop& stop) {
    if (running_.empty()) return std::nullopt;
    std::vector<DecoderInput> inputs;
    for (Running& each : running_) {
      inputs.push_back({&each.cache, each.next, each.positions, each.next.size() - 1, {}});
    }
    const auto logits = decoder_.forward(inputs, memory_, stop);
    if (!logits) return logits.error();
    const auto vocab_size = static_cast<std::size_t>(decoder_.config().vocab_size);
    std::vector<Running> still;
    for (std::size_t i = 0; i < running_.size(); ++i) {
      if (take(running_[i], logits->subspan(i * vocab_size, vocab_size))) {
        still.push_back(std::move(running_[i]));
      }
    }
    running_ = std::move(still);
    return std::nullopt;
  }

  /// Chooses the next token of a text; false when the text has ended.
  bool take(Running& text, std::span<const float> logits) {
    const GenerateRequest& request = requests_[text.request];
    Generated& result = results_[text.request];
    if (request.adjust) {
      adjusted_.assign(logits.begin(), logits.end());
      request.adjust(result.ids, adjusted_);
      logits = adjusted_;
    }
    const std::int32_t id = choose_next_token(logits, request.sampling, result.ids.size(), choice_);
    result.log_probability += log_probability(logits, id, choice_);
    const auto end_with = [&](GenerateEnd end) {
      result.end = end;
      return false;
    };
    if (std::ranges::find(request.stop_ids, id) != request.stop_ids.end()) {
      return end_with(GenerateEnd::kStopId);
    }
    result.ids.push_back(id);
    if (result.ids.size() == request.tokens_max) return end_with(GenerateEnd::kTokensMax);
    const std::int32_t position = text.cache.next_position();
    if (position >= decoder_.config().max_positions) return end_with(GenerateEnd::kPositionsMax);
    text.next.assign(1, id);
    text.positions.assign(1, position);
    return true;
  }

  const Decoder& decoder_;
  std::span<const GenerateRequest> requests_;
  DecoderMemory& memory_;
  std::vector<Generated> results_;
  std::vector<Running> running_;
  NextTokenChoice choice_;
  std::vector<float> adjusted_;
};

}  // namespace

Result<std::vector<Generated>> generate(const Decoder& decoder,
                                        std::span<const GenerateRequest> requests,
                                        std::size_t side_by_side, DecoderMemory& memory,
                                        const DecoderStop& stop) {
  return Generation(decoder, requests, memory).run(std::max<std::size_t>(side_by_side, 1), stop);
}

}  // namespace pith
