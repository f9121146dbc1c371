// LLMLingua-2's compress_prompt, to the byte.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/llmlingua2/model_pass.h"
#include "stages/llmlingua2/options.h"
#include "stages/llmlingua2/piece_style.h"
#include "stages/llmlingua2/selection.h"
#include "stages/llmlingua2/special_tokens.h"
#include "stages/llmlingua2/words.h"
#include "stages/network/encoder.h"
#include "stages/tokenize/hf_tokenizer.h"
#include "stages/tokenize/token_counter.h"

namespace pith {

/// What happened to a chunk.
struct ChunkTrace {
  ScoredChunk scored;
  ScoredWords words;
  Selection selection;
  std::string keep;
};

/// How a result came about, for those who look into it.
struct Llmlingua2Trace {
  std::vector<std::vector<std::string>> chunk_texts;  ///< Of each context.
  std::vector<double> context_scores;                 ///< Where the context filter ran.
  std::optional<Threshold> context_threshold;
  std::vector<ChunkTrace> chunks;  ///< Of the contexts that stay, where the words were filtered.
};

/// Thread-safe: const after opening. Uses the cores of the machine, a chunk of text on each.
class Llmlingua2 {
 public:
  /// A Hugging Face folder. Errors: kFileUnreadable, kInvalidArgument (`precision`).
  static Result<std::shared_ptr<const Llmlingua2>> open(
      const std::string& folder, Precision precision,
      std::shared_ptr<const TokenCounter> cl100k_base);
  /// The tokenizer of a Hugging Face folder, with a network of the caller's. Errors:
  /// kFileUnreadable.
  static Result<std::shared_ptr<const Llmlingua2>> open_with(
      const std::string& folder, KeepProbabilities network,
      std::shared_ptr<const TokenCounter> cl100k_base);

  /// Time grows with the text's length, memory too (some ten times its bytes). Bytes that are not
  /// UTF-8 are U+FFFD. Where the reference fails because of what a text holds, this does not; see
  /// docs/exact.md. Errors: kInvalidArgument (options), kPromptTooLong, the network's.
  Result<Llmlingua2Result> compress(const std::vector<std::string>& contexts,
                                    const Llmlingua2Options& options,
                                    Llmlingua2Trace* trace = nullptr) const;

 private:
  struct Context {
    std::vector<std::string> chunks;
    std::vector<ScoredChunk> scored;  ///< Beside chunks, once the network has seen them.
  };
  struct Compressed {
    std::string text;
    std::vector<std::pair<std::string, bool>> labels;  ///< Its words, and whether they are kept.
  };

  Llmlingua2(std::shared_ptr<const HfTokenizer> tokenizer, PieceStyle style, SpecialTokens specials,
             KeepProbabilities network, std::shared_ptr<const TokenCounter> counter);

  Result<WordRules> word_rules(const Llmlingua2Options& options) const;
  Result<Done> score(std::vector<Context>& contexts) const;
  double context_score(const Context& context, const WordRules& rules) const;
  Compressed whole(const Context& context, const WordRules& rules) const;
  Result<Compressed> filtered(const Context& context, const WordRules& rules,
                              const SelectionRules& selection, Llmlingua2Trace* trace) const;

  std::shared_ptr<const HfTokenizer> tokenizer_;
  PieceStyle style_;
  SpecialTokens specials_;
  std::shared_ptr<const TokenCounter> counter_;
  ModelPass model_pass_;
};

}  // namespace pith
