#include "bench/encoder/front_cost.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "bench/encoder/cpu_time.h"
#include "stages/select/select_stage.h"
#include "stages/tokenize/hf_tokenizer.h"
#include "stages/tokenize/tokenize_stage.h"

namespace pith::bench {
namespace {

/// Sentences and lines of the English test texts.
std::vector<std::string> english_sentences() {
  std::vector<std::string> sentences;
  for (const char* name : {"select/chat_support.txt", "select/web_page.txt", "example.txt"}) {
    std::ifstream in(std::string(PITH_ROOT "/tests/data/") + name, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    std::string sentence;
    for (const char c : text) {
      sentence += c;
      if ((c == '.' || c == '\n') && sentence.size() > 20) {
        sentences.push_back(std::exchange(sentence, {}) + (c == '.' ? " " : ""));
      }
    }
  }
  return sentences;
}

}  // namespace

Result<std::string> english_text(const std::string& folder, std::size_t num_pieces, unsigned seed) {
  const auto tokenizer = load_hf_tokenizer(folder);
  if (!tokenizer) return tokenizer.error();
  const std::vector<std::string> sentences = english_sentences();
  if (sentences.empty()) return Error{ErrorCode::kFileUnreadable, "tests/data: no texts"};
  std::mt19937 random(seed);
  std::string text;
  while ((*tokenizer)->encode(text).size() < num_pieces) {
    text += sentences[random() % sentences.size()];
  }
  // Back by words, so that it has the pieces asked for and not a sentence more.
  while ((*tokenizer)->encode(text).size() > num_pieces) {
    text.resize(text.find_last_of(" \n", text.size() - 2) + 1);
  }
  return text;
}

Result<FrontCost> measure_front(const std::string& folder, std::size_t num_pieces) {
  const auto tokenizer = load_hf_tokenizer(folder);
  if (!tokenizer) return tokenizer.error();
  auto text = english_text(folder, num_pieces, 1);
  if (!text) return text.error();
  auto request = std::make_shared<CompressRequest>();
  request->options.target_rate = 0.5F;
  request->segments.push_back({*std::move(text), SegmentKind::kToolResult, ""});
  const TokenizeStage tokenize(PITH_MODELS);
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(0.0F, 1.0F);

  FrontCost cost;
  std::vector<double> rounds;
  for (int round = 0; round < 22; ++round) {
    const double begin = cpu_seconds();
    auto prompt = tokenize(request, **tokenizer);
    if (!prompt) return prompt.error();
    const double tokenized = cpu_seconds();
    const TokenizedSegment& segment = prompt->segments[0];
    std::vector<float> keep_prob(segment.words.size());
    for (float& p : keep_prob) p = uniform(random);
    const double scored = cpu_seconds();
    const std::string& whole = request->segments[0].text;
    const SegmentReply reply = select_words(whole, SegmentKind::kToolResult, segment, keep_prob,
                                            *prompt->reader, request->options);
    const std::string shorter = apply_spans(whole, reply.kept, reply.markers);
    const double end = cpu_seconds();
    if (shorter.empty() || shorter.size() >= whole.size()) {
      return Error{ErrorCode::kInternal, "the text did not become shorter"};
    }
    cost.num_pieces = segment.pieces.size();
    if (round >= 2) rounds.push_back(end - scored + tokenized - begin);  // Two to warm up.
  }
  std::nth_element(rounds.begin(), rounds.begin() + 10, rounds.end());
  cost.cpu_s = rounds[10];
  return cost;
}

}  // namespace pith::bench
