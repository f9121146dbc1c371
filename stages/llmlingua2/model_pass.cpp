#include "stages/llmlingua2/model_pass.h"

#include <cassert>

#include "stages/llmlingua2/chunks.h"
#include "stages/llmlingua2/parallel_results.h"
#include "stages/tokenize/utf8.h"

namespace pith {

ModelPass::ModelPass(std::shared_ptr<const HfTokenizer> tokenizer, KeepProbabilities network)
    : tokenizer_(std::move(tokenizer)),
      network_(std::move(network)),
      spellings_(tokenizer_->spellings()) {}

Result<ScoredChunk> ModelPass::score(const std::string& chunk) const {
  constexpr std::string_view kPad = "[PAD]";
  std::vector<std::int32_t> ids{tokenizer_->id_of("[CLS]")};
  std::vector<bool> active{true};
  for (const SpelledPiece& piece : tokenizer_->encode_spelled(chunk)) {
    if (ids.size() == kModelPieces) break;
    ids.push_back(piece.id);
    active.push_back(piece.spelling != kPad);
  }
  if (ids.size() < kModelPieces) {
    ids.push_back(tokenizer_->id_of("[SEP]"));
    active.push_back(true);
  }
  auto probs = network_(ids, active);
  if (!probs) return probs.error();
  ScoredChunk out;
  out.probs = *std::move(probs);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!active[i]) continue;
    const auto id = static_cast<std::size_t>(ids[i]);
    out.ids.push_back(ids[i]);
    out.pieces.push_back(id < spellings_.size() ? spellings_[id] : "");
  }
  assert(out.probs.size() == out.ids.size());
  if (out.pieces.size() == 1) {
    // The reference then has one string where it expects a list, and takes its first character.
    std::string& only = out.pieces.front();
    if (!only.empty()) only.resize(utf8_char_at(only, 0).bytes);
  }
  return out;
}

Result<std::vector<ScoredChunk>> ModelPass::operator()(std::span<const std::string> chunks) const {
  return parallel_results<ScoredChunk>(chunks.size(),
                                       [&](std::size_t i) { return score(chunks[i]); });
}

}  // namespace pith
