#include "apps/train/train_query.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <unordered_set>

#include "apps/train/batch_order.h"
#include "stages/network/counter_random.h"
#include "stages/score/keep_policy.h"
#include "stages/score/linear_policy.h"
#include "stages/select/word_value.h"
#include "stages/tokenize/word_of_piece.h"

namespace pith {
namespace {

constexpr std::uint32_t kNoSlot = 0xFFFFFFFFU;

/// A text and a question, word by word.
struct AskedText {
  std::vector<float> z;                 ///< Without the question, less the word's price.
  std::vector<float> worth;             ///< 1: of an answer; less: of the question, beside it; 0.
  std::vector<std::uint64_t> features;  ///< Of all words, one behind the other.
  std::vector<std::uint32_t> slots;     ///< [features.size()]
  std::vector<std::uint32_t> ends;      ///< [num_words]
};

Result<std::vector<float>> plain_order(const KeepPolicy& policy, const TokenCounter* counter,
                                       const std::string& text, const std::vector<Word>& words) {
  TokenizedSegment segment;
  segment.words = words;
  segment.pieces = policy.tokenizer().encode(text);
  segment.word_of_piece = words_of_pieces(segment.words, segment.pieces);
  ScoreItem item;
  item.text = text;
  item.segment = &segment;
  if (const auto scored = policy.score({&item, 1}, {}); !scored) return scored.error();
  WordTokens tokens{std::vector<std::uint32_t>(words.size(), 1), 0};
  if (counter != nullptr) tokens = tokens_of_words(text, segment, *counter);
  return value_order(item.keep_prob, tokens);
}

/// The place whose sentence holds most of the question; empty when there is none.
ByteSpan best_place(const std::vector<ByteSpan>& places, const std::vector<Word>& words,
                    const LinearFeatures& features) {
  ByteSpan best;
  int best_rank = 100;
  for (const ByteSpan place : places) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].text_end <= place.begin) continue;
      const QueryMatch& match = features.query().of(i);
      const int rank = match.rank * 8 + match.distance;
      if (rank < best_rank) {
        best_rank = rank;
        best = place;
      }
      break;
    }
  }
  return best;
}

/// Nothing to learn from: no words.
Result<AskedText> asked_text(const ReaderRecord& record, const KeepPolicy& policy,
                             const QueryTrainOptions& options) {
  AskedText out;
  const std::vector<ByteSpan> places = answer_places(record.text, record.answers);
  const std::vector<Word> words =
      split_words(record.text, {0, static_cast<std::uint32_t>(record.text.size())});
  if (places.empty() || words.empty()) return out;
  const LinearFeatures features(record.text, words, record.question);
  if (features.query().empty()) return out;
  auto z = plain_order(policy, options.counter.get(), record.text, words);
  if (!z) return z.error();
  out.z = *std::move(z);
  const ByteSpan answer = best_place(places, words, features);
  std::vector<std::uint64_t> seen;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_answer = words[i].begin < answer.end && words[i].text_end > answer.begin;
    const QueryMatch& match = features.query().of(i);
    const bool beside = match.distance == 0 && match.rank == 0;
    out.worth.push_back(is_answer ? 1.0F : beside ? options.anchor_share : 0.0F);
    features.of_query(i, seen);
    out.features.insert(out.features.end(), seen.begin(), seen.end());
    out.ends.push_back(static_cast<std::uint32_t>(out.features.size()));
  }
  return out;
}

/// Between the last score that is kept and the first that is not.
float cut_at(std::vector<float> z, double times) {
  const auto num_kept = std::clamp<std::size_t>(
      static_cast<std::size_t>(static_cast<double>(z.size()) / times), 1, z.size() - 1);
  const auto at = z.begin() + static_cast<std::ptrdiff_t>(num_kept);
  std::nth_element(z.begin(), at, z.end(), std::greater<>());
  const float first_out = *at;
  const float last_in = *std::min_element(z.begin(), at);
  return 0.5F * (first_out + last_in);
}

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

class QueryWeights {
 public:
  QueryWeights(const LinearModel& model, const QueryTrainOptions& options)
      : options_(options), squares_(LinearModel::kNumSlots, 1.0F) {
    for (const LinearModel::Slot& slot : model.slots()) {
      tags_.push_back(slot.tag);
      weights_.push_back(static_cast<float>(slot.weight) * LinearModel::kStep);
    }
  }

  /// Takes the slots of the texts' features from whatever had them; of two features of one slot the
  /// first keeps it.
  void claim(std::vector<AskedText>& texts) {
    std::vector<std::uint64_t> owners(LinearModel::kNumSlots);
    for (AskedText& text : texts) {
      for (const std::uint64_t feature : text.features) {
        const std::size_t slot = LinearModel::slot_of(feature);
        if (owners[slot] == 0) {
          owners[slot] = feature;
          // A policy that has learned from questions before goes on from there.
          if (tags_[slot] != LinearModel::tag_of(feature)) weights_[slot] = 0.0F;
          tags_[slot] = LinearModel::tag_of(feature);
        }
        text.slots.push_back(owners[slot] == feature ? static_cast<std::uint32_t>(slot) : kNoSlot);
      }
      text.features = {};
    }
  }

  /// Loss before the update.
  double learn(const AskedText& text, double times) {
    z_ = text.z;
    for (std::size_t i = 0, at = 0; i < z_.size(); ++i) {
      for (; at < text.ends[i]; ++at) {
        if (text.slots[at] != kNoSlot) z_[i] += weights_[text.slots[at]];
      }
    }
    worth_ = text.worth;
    const float plain_cut = cut_at(text.z, times);
    const float share =
        options_.plain_share * static_cast<float>(times) / static_cast<float>(worth_.size());
    for (std::size_t i = 0; i < worth_.size(); ++i) {
      if (text.z[i] > plain_cut) worth_[i] += share;
    }
    const float t = cut_at(z_, times);
    double loss = 0;
    float pull = 0.0F;
    float spread = 1e-6F;
    float worth = 1e-6F;
    for (std::size_t i = 0; i < z_.size(); ++i) {
      const float p = sigmoid(z_[i] - t);
      spread += p * (1.0F - p);
      pull += worth_[i] * (1.0F - p);
      worth += worth_[i];
      if (worth_[i] > 0.0F) loss -= worth_[i] * std::log(std::max(p, 1e-6F));
    }
    for (std::size_t i = 0, at = 0; i < z_.size(); ++i) {
      const float p = sigmoid(z_[i] - t);
      const float dz = (pull * p * (1.0F - p) / spread - worth_[i] * (1.0F - p)) / worth;
      for (; at < text.ends[i]; ++at) {
        const std::uint32_t slot = text.slots[at];
        if (slot == kNoSlot) continue;
        squares_[slot] += dz * dz;
        weights_[slot] -= options_.learning_rate * dz / std::sqrt(squares_[slot]);
      }
    }
    return loss / worth;
  }

  LinearModel model() const { return {tags_, weights_}; }

 private:
  const QueryTrainOptions& options_;
  std::vector<std::uint16_t> tags_;
  std::vector<float> weights_, squares_, z_, worth_;
};

Result<std::vector<AskedText>> read_questions(const QueryTrainOptions& options,
                                              const KeepPolicy& policy) {
  std::vector<AskedText> texts;
  for (const std::string& path : options.data) {
    const auto records = read_reader_records(path, options.filter);
    if (!records) return records.error();
    std::vector<Result<AskedText>> made(records->size(), AskedText{});
    tbb::parallel_for(std::size_t{0}, made.size(), [&](std::size_t i) {
      if ((*records)[i].kind == QuestionKind::kSpan) {
        made[i] = asked_text((*records)[i], policy, options);
      }
    });
    for (Result<AskedText>& text : made) {
      if (!text) return text.error();
      if (text->z.size() > 8) texts.push_back(*std::move(text));
    }
  }
  if (texts.empty()) {
    return Error{ErrorCode::kInvalidArgument, "--data holds no question that its text answers"};
  }
  return texts;
}

/// The folder as it is, but for what a run left there and the file that is written anew.
Result<Done> copy_folder(const std::string& from, const std::string& to) {
  std::error_code failed;
  std::filesystem::create_directories(to, failed);
  if (std::filesystem::equivalent(from, to, failed)) return Done{};
  for (const auto& entry : std::filesystem::directory_iterator(from, failed)) {
    const std::string name = entry.path().filename().string();
    const bool of_a_run = name.starts_with("run.") || name.starts_with("checkpoint") ||
                          name == "answers.txt" || name == "result.json" ||
                          entry.path().extension() == ".svg";
    if (!entry.is_regular_file() || of_a_run) continue;
    std::filesystem::copy_file(entry.path(), std::filesystem::path(to) / name,
                               std::filesystem::copy_options::overwrite_existing, failed);
    if (failed) break;
  }
  if (failed) return Error{ErrorCode::kStorageFailed, to + ": " + failed.message()};
  return Done{};
}

}  // namespace

Result<Done> train_query(const QueryTrainOptions& options, const Progress& progress) {
  std::error_code failed;
  const bool is_folder = std::filesystem::is_directory(options.policy, failed);
  const auto file_of = [&](const std::string& policy) {
    return is_folder ? policy + "/" + kWordsFile : policy;
  };
  const auto policy = open_policy(options.policy);
  if (!policy) return policy.error();
  if (!(*policy)->reads_queries()) {
    return Error{ErrorCode::kInvalidArgument,
                 options.policy +
                     ": not a policy that reads queries; pith-linear and pith-small "
                     "do, and encoders with a " +
                     kWordsFile};
  }
  const auto model = LinearModel::open(file_of(options.policy));
  if (!model) return model.error();
  auto texts = read_questions(options, **policy);
  if (!texts) return texts.error();
  progress(std::to_string(texts->size()) + " questions");
  QueryWeights weights(*model, options);
  weights.claim(*texts);
  for (std::uint32_t epoch = 0; epoch < options.epochs; ++epoch) {
    double loss = 0;
    std::uint64_t at = 0;
    for (const std::uint32_t index : shuffled(texts->size(), options.seed, epoch)) {
      const std::uint64_t draw =
          random_bits(options.seed + 1, epoch * std::uint64_t{texts->size()} + at++);
      loss += weights.learn((*texts)[index], options.times[draw % options.times.size()]);
    }
    char line[96];
    std::snprintf(line, sizeof line, "epoch %u of %u  loss %.4f", epoch + 1, options.epochs,
                  loss / static_cast<double>(texts->size()));
    progress(line);
  }
  if (is_folder) {
    if (const auto copied = copy_folder(options.policy, options.out); !copied) return copied;
  }
  return weights.model().write(file_of(options.out));
}

}  // namespace pith
