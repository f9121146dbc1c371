// What happens to one context: its chunks through the network, and their words kept or dropped.
#include <iterator>

#include "stages/llmlingua2/llmlingua2.h"
#include "stages/llmlingua2/parallel_results.h"
#include "stages/llmlingua2/python_text.h"

namespace pith {

Result<Done> Llmlingua2::score(std::vector<Context>& contexts) const {
  std::vector<std::string> chunks;
  for (const Context& context : contexts) {
    chunks.insert(chunks.end(), context.chunks.begin(), context.chunks.end());
  }
  auto scored = model_pass_(chunks);
  if (!scored) return scored.error();
  auto next = std::make_move_iterator(scored->begin());
  for (Context& context : contexts) {
    const auto end = next + static_cast<std::ptrdiff_t>(context.chunks.size());
    context.scored.assign(next, end);
    next = end;
  }
  return Done{};
}

/// Mean over the words, before anything is forced; 0 where there are none.
double Llmlingua2::context_score(const Context& context, const WordRules& rules) const {
  double sum = 0;
  std::size_t count = 0;
  for (const ScoredChunk& chunk : context.scored) {
    const ScoredWords words = words_of(chunk.pieces, chunk.probs, rules);
    for (const double prob : words.unforced) sum += prob;
    count += words.size();
  }
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

/// Without the network: everything stays.
Llmlingua2::Compressed Llmlingua2::whole(const Context& context, const WordRules& rules) const {
  Compressed out;
  for (const std::string& chunk : context.chunks) {
    const std::string text = rules.force.restored(chunk);
    for (std::string& word : python_words(text)) out.labels.emplace_back(std::move(word), true);
    out.text += text;
  }
  return out;
}

Result<Llmlingua2::Compressed> Llmlingua2::filtered(const Context& context, const WordRules& rules,
                                                    const SelectionRules& selection,
                                                    Llmlingua2Trace* trace) const {
  const auto weight = [&](std::string_view word) { return counter_->count(word); };
  auto chunks =
      parallel_results<ChunkTrace>(context.scored.size(), [&](std::size_t i) -> Result<ChunkTrace> {
        const ScoredChunk& scored = context.scored[i];
        ChunkTrace chunk{{}, words_of(scored.pieces, scored.probs, rules), {}, {}};
        auto selected = select_words(chunk.words, selection, rules.force, weight);
        if (!selected) return selected.error();
        chunk.selection = *std::move(selected);
        std::vector<std::string> kept;
        for (std::size_t word = 0; word < chunk.words.size(); ++word) {
          if (chunk.selection.kept[word]) kept.push_back(chunk.words.words[word]);
        }
        chunk.keep = tokenizer_->decoder()->decode(kept);
        return chunk;
      });
  if (!chunks) return chunks.error();
  Compressed out;
  for (std::size_t i = 0; i < chunks->size(); ++i) {
    ChunkTrace& chunk = (*chunks)[i];
    out.text += chunk.keep;
    for (std::size_t word = 0; word < chunk.words.size(); ++word) {
      out.labels.emplace_back(label_word(chunk.words.words[word], style_),
                              chunk.selection.kept[word]);
    }
    if (trace == nullptr) continue;
    chunk.scored = context.scored[i];
    trace->chunks.push_back(std::move(chunk));
  }
  return out;
}

}  // namespace pith
