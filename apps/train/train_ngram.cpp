#include "apps/train/train_ngram.h"

#include <tbb/parallel_for.h>

#include <chrono>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <filesystem>

#include "apps/train/sentencepiece_training.h"
#include "stages/score/ngram_estimate.h"
#include "stages/score/ngram_policy.h"
#include "stages/score/ngram_prune.h"
#include "stages/score/ngram_writer.h"
#include "stages/tokenize/sentencepiece_tokenizer.h"

namespace pith {
namespace {

__attribute__((format(printf, 1, 2))) std::string line_of(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  return line;
}

/// Says what took how long.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void report(const CorpusCounts& counts, const Progress& progress) {
  const auto table = [&](const char* what, const std::map<std::string, SourceCount>& rows) {
    SourceCount total;
    for (const auto& [name, row] : rows) {
      progress(line_of("%-10s %-22s %7llu documents %9.2f MB", what, name.c_str(),
                       static_cast<unsigned long long>(row.documents),
                       static_cast<double>(row.bytes) / 1e6));
      total.documents += row.documents;
      total.bytes += row.bytes;
    }
    progress(line_of("%-10s %-22s %7llu documents %9.2f MB", what, "(all)",
                     static_cast<unsigned long long>(total.documents),
                     static_cast<double>(total.bytes) / 1e6));
  };
  table("left out", counts.left_out);
  table("trained on", counts.taken);
  table("language", counts.taken_by_language);
  if (counts.shares_text > 0) {
    progress(line_of("left out because they share text with --leave-out-texts: %llu documents",
                     static_cast<unsigned long long>(counts.shares_text)));
  }
}

/// Encodes documents in batches on all cores; the stream's order is that of the documents.
class StreamEncoder {
 public:
  StreamEncoder(const Tokenizer& tokenizer, std::vector<std::uint16_t>& stream)
      : tokenizer_(tokenizer), stream_(stream) {}

  void add(std::string_view text) {
    texts_.emplace_back(text);
    bytes_ += text.size();
    if (bytes_ > (4U << 20)) flush();
  }

  void flush() {
    std::vector<std::vector<Piece>> pieces(texts_.size());
    tbb::parallel_for(std::size_t{0}, texts_.size(),
                      [&](std::size_t i) { pieces[i] = tokenizer_.encode(texts_[i]); });
    for (const std::vector<Piece>& text : pieces) {
      stream_.push_back(ngram::kTextStart);
      for (const Piece& piece : text) stream_.push_back(static_cast<std::uint16_t>(piece.id));
    }
    texts_.clear();
    bytes_ = 0;
  }

 private:
  const Tokenizer& tokenizer_;
  std::vector<std::uint16_t>& stream_;
  std::vector<std::string> texts_;
  std::size_t bytes_ = 0;
};

Result<Done> check_options(const NgramTrainOptions& options) {
  const auto wrong = [](const std::string& what) {
    return Error{ErrorCode::kInvalidArgument, what};
  };
  if (options.data.empty()) return wrong("no data file");
  if (options.order < 2 || options.order > ngram::kOrderMax) return wrong("order: 2 to 4");
  if (options.vocab_size < 300 || options.vocab_size > ngram::kVocabSizeMax) {
    return wrong("vocab: 300 to 65535");
  }
  return Done{};
}

std::string name_of(const NgramTrainOptions& options) {
  return options.name.empty() ? std::filesystem::path(options.out).stem().string() : options.name;
}

}  // namespace

Result<Done> train_ngram(const NgramTrainOptions& options, const Progress& progress) {
  const Stopwatch watch;
  if (const Result<Done> checked = check_options(options); !checked) return checked;
  CorpusSelection selection = options.selection;
  if (const auto watched = watch_texts(options.leave_out_texts_of, selection.leave_out_texts);
      !watched) {
    return watched;
  }
  const Result<TextCorpus> corpus = TextCorpus::open(options.data, selection);
  if (!corpus) return corpus.error();
  report(corpus->counts(), progress);
  if (corpus->counts().taken.empty()) {
    return Error{ErrorCode::kInvalidArgument, "no document is left to train on"};
  }

  const Result<std::vector<std::string>> lines =
      sample_lines(*corpus, options.vocab_sample_mb * 1e6, selection.seed);
  if (!lines) return lines.error();
  progress(line_of("vocabulary: %zu lines ... (%.0f s)", lines->size(), watch.seconds()));
  const Result<std::string> sentencepiece =
      train_sentencepiece(*lines, {options.vocab_size, options.character_coverage});
  if (!sentencepiece) return sentencepiece.error();
  const auto tokenizer = SentencePieceTokenizer::from_bytes(*sentencepiece);
  if (!tokenizer) return tokenizer.error();
  const auto vocab_size = static_cast<std::uint32_t>((*tokenizer)->vocab_size());
  progress(line_of("vocabulary: %u pieces, %zu bytes (%.0f s)", vocab_size, sentencepiece->size(),
                   watch.seconds()));

  std::vector<std::uint16_t> stream;
  StreamEncoder encoder(**tokenizer, stream);
  const Result<Done> encoded =
      corpus->for_each([&](const TextRecord& record) { encoder.add(record.text); });
  if (!encoded) return encoded;
  encoder.flush();
  progress(line_of("encoded: %zu pieces (%.0f s)", stream.size(), watch.seconds()));

  std::vector<ngram::Counts> counts = ngram::count_ngrams(stream, options.order, options.smoothing);
  for (const ngram::Counts& level : counts) {
    progress(line_of("counted: %zu different %d-grams", level.keys.size(), level.n));
  }
  const double bytes_max = options.size_mb * 1e6 - static_cast<double>(sentencepiece->size()) -
                           static_cast<double>(ngram::kHeaderBytesMax + ngram::kTrailerBytes);
  if (bytes_max < 6.0 * vocab_size) {
    return Error{ErrorCode::kInvalidArgument,
                 "size-mb: too small for the vocabulary: sentencepiece_bytes=" +
                     std::to_string(sentencepiece->size())};
  }
  std::vector<ngram::Estimates> estimates = ngram::estimate(std::move(counts), vocab_size);
  progress(line_of("estimated (%.0f s)", watch.seconds()));
  const std::vector<ngram::KeptLevel> levels =
      ngram::prune(std::move(estimates), static_cast<std::uint64_t>(bytes_max));
  for (const ngram::KeptLevel& level : levels) {
    progress(line_of("kept: %zu %d-grams", level.keys.size(), level.n));
  }

  ngram::Header header;
  header.name = name_of(options);
  header.smoothing = options.smoothing == ngram::Smoothing::kKneserNey ? "kneser-ney" : "absolute";
  header.word_surprisal = options.word_surprisal;
  const std::string file = ngram::to_file(std::move(header), *sentencepiece, levels);
  if (const Result<Done> written = ngram::replace_file(options.out, file); !written) return written;
  progress(line_of("written: %s, %zu bytes (%.0f s)", options.out.c_str(), file.size(),
                   watch.seconds()));
  const auto reopened = NgramPolicy::open(options.out);
  if (!reopened) return reopened.error();
  progress("sha256: " + (*reopened)->id());

  if (!options.valid.empty()) {
    CorpusSelection held_out = options.selection;
    held_out.language_mb_max = 0.0;
    const Result<HeldOutFit> fit = held_out_fit(options.out, {options.valid}, held_out);
    if (!fit) return fit.error();
    progress(line_of(
        "held out: %llu documents, perplexity per piece %.2f, bits per byte %.4f, "
        "bytes per piece %.3f (%.0f s)",
        static_cast<unsigned long long>(fit->documents), fit->perplexity_per_piece(),
        fit->bits_per_byte(), static_cast<double>(fit->bytes) / static_cast<double>(fit->pieces),
        watch.seconds()));
  }
  return Done{};
}

double HeldOutFit::perplexity_per_piece() const {
  return std::exp(nats / static_cast<double>(pieces));
}

double HeldOutFit::bits_per_byte() const {
  return nats / std::log(2.0) / static_cast<double>(bytes);
}

Result<HeldOutFit> held_out_fit(const std::string& policy_path,
                                const std::vector<std::string>& paths,
                                const CorpusSelection& selection) {
  const auto policy = NgramPolicy::open(policy_path);
  if (!policy) return policy.error();
  const Result<TextCorpus> corpus = TextCorpus::open(paths, selection);
  if (!corpus) return corpus.error();
  HeldOutFit fit;
  const Result<Done> read = corpus->for_each([&](const TextRecord& record) {
    NgramModel::State state;
    ++fit.documents;
    fit.bytes += record.text.size();
    for (const Piece& piece : (*policy)->tokenizer().encode(record.text)) {
      ++fit.pieces;
      fit.nats += (*policy)->model().advance(state, static_cast<std::uint32_t>(piece.id));
    }
  });
  if (!read) return read.error();
  return fit;
}

}  // namespace pith
