#include "stages/score/ngram_policy.h"

#include <algorithm>
#include <utility>

#include "stages/score/percentile_rank.h"
#include "stages/tokenize/sentencepiece_tokenizer.h"

namespace pith {
namespace {

/// Shipped files have 3 MB; one that a user trains may be larger, but not by mistake.
constexpr std::uint64_t kFileBytesMax = 1ULL << 30;
/// About 0.1 ms of work between two looks at the clock.
constexpr std::size_t kPiecesPerCheck = 1024;

}  // namespace

Result<std::vector<float>> word_surprisals(const NgramModel& model, const TokenizedSegment& segment,
                                           WordSurprisal how, const StopCheck& stop) {
  const std::size_t num_words = segment.words.size();
  std::vector<float> surprisal(num_words, 0.0F);
  std::vector<float> num_pieces(how == WordSurprisal::kMean ? num_words : 0, 0.0F);
  NgramModel::State state;
  for (std::size_t i = 0; i < segment.pieces.size(); ++i) {
    if (stop && i % kPiecesPerCheck == 0) {
      if (auto reason = stop()) return *std::move(reason);
    }
    const Piece& piece = segment.pieces[i];
    const float nats = model.advance(state, static_cast<std::uint32_t>(piece.id));
    const std::size_t first = segment.word_of_piece[i];
    if (first >= num_words) continue;
    std::size_t end = first + 1;
    while (end < num_words && segment.words[end].begin < piece.span.end) ++end;
    const float share = 1.0F / static_cast<float>(end - first);
    for (std::size_t word = first; word < end; ++word) {
      surprisal[word] += share * nats;
      if (how == WordSurprisal::kMean) num_pieces[word] += share;
    }
  }
  for (std::size_t word = 0; word < num_pieces.size(); ++word) {
    if (num_pieces[word] > 0.0F) surprisal[word] /= num_pieces[word];
  }
  return surprisal;
}

NgramPolicy::NgramPolicy(MappedFile file, NgramModel model,
                         std::unique_ptr<const Tokenizer> tokenizer)
    : file_(std::move(file)),
      model_(std::move(model)),
      tokenizer_(std::move(tokenizer)),
      id_(sha256_hex(file_.bytes())),
      word_surprisal_(model_.header().word_surprisal == "mean" ? WordSurprisal::kMean
                                                               : WordSurprisal::kSum) {}

Result<std::shared_ptr<const NgramPolicy>> NgramPolicy::open(const std::string& path) {
  Result<MappedFile> file = MappedFile::open(path, kFileBytesMax);
  if (!file) return file.error();
  Result<NgramModel> model = NgramModel::parse(file->bytes(), path);
  if (!model) return model.error();
  // After parsing, so that a wrong field is named; before anything that trusts the content.
  if (!has_valid_checksum(file->bytes())) {
    return Error{ErrorCode::kFileUnreadable, path + ": sha256: not that of the file's bytes"};
  }
  const auto sentencepiece = model->sentencepiece();
  auto tokenizer = SentencePieceTokenizer::from_bytes(
      {reinterpret_cast<const char*>(sentencepiece.data()), sentencepiece.size()});
  if (!tokenizer) {
    return Error{ErrorCode::kFileUnreadable, path + ": sentencepiece: " + tokenizer.error().detail};
  }
  if ((*tokenizer)->vocab_size() != static_cast<std::int32_t>(model->header().vocab_size)) {
    return Error{ErrorCode::kFileUnreadable,
                 path + ": vocab_size: " + std::to_string(model->header().vocab_size) +
                     " but the SentencePiece model has " +
                     std::to_string((*tokenizer)->vocab_size())};
  }
  return std::shared_ptr<const NgramPolicy>(
      new NgramPolicy(*std::move(file), *std::move(model), *std::move(tokenizer)));
}

Result<Done> NgramPolicy::score(std::span<ScoreItem> batch, const ScoreLimits& limits) const {
  for (ScoreItem& item : batch) {
    const Result<std::vector<float>> surprisal =
        word_surprisals(model_, *item.segment, word_surprisal_, stop_check(limits, item.limits));
    item.stopped = !surprisal;
    if (item.stopped) {
      if (auto reason = stop_reason(limits)) return *std::move(reason);
      continue;
    }
    item.keep_prob.resize(surprisal->size());
    percentile_rank(*surprisal, item.keep_prob);
  }
  return Done{};
}

}  // namespace pith
