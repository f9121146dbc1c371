// The summarising reader with any request about any text: answers are there, the same alone and
// beside others.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "apps/reader/decoder_reader.h"
#include "apps/reader/summary_prompt.h"
#include "stages/network/trainable_decoder.h"

namespace {

constexpr std::size_t kAnswer = 8;
constexpr std::int32_t kWindow = 64;

std::shared_ptr<const pith::SummaryPieces> opened_pieces() {
  const auto pieces = pith::SummaryPieces::open(PITH_TEST_DATA "/score/xlm-roberta-tiny");
  if (!pieces) std::abort();
  return *pieces;
}

pith::DecoderReader seeded_reader(std::shared_ptr<const pith::SummaryPieces> pieces) {
  pith::DecoderConfig config;
  config.vocab_size = pieces->vocab_size();
  config.hidden_size = 16;
  config.num_layers = 1;
  config.num_heads = config.num_kv_heads = 2;
  config.head_size = 8;
  config.intermediate_size = 16;
  config.max_positions = kWindow;
  config.tied_head = true;
  const pith::TrainableDecoder decoder(config);
  std::vector<float> parameters(decoder.layout().size());
  pith::initialize_parameters(decoder.layout(), 0.3F, 1, parameters);
  const auto serving = pith::Decoder::from_parameters(config, decoder.layout(), parameters);
  if (!serving) std::abort();
  return {*serving, std::move(pieces), {kAnswer, 3}};
}

}  // namespace

/// The first line is the request, the others are the text; the whole is a prompt, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto pieces = opened_pieces();
  static const pith::DecoderReader reader = seeded_reader(pieces);
  constexpr std::size_t kBytesMost = 4096;
  if (size > kBytesMost) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  pith::SummaryQuery query;
  query.query = input.substr(0, line);
  if (line != std::string_view::npos) query.text = input.substr(line + 1);
  const auto prompt = pith::summary_prompt(*pieces, query, kWindow - kAnswer);
  if (prompt.ids.size() > kWindow - kAnswer || prompt.ids.back() != pieces->separator()) {
    std::abort();
  }
  const pith::SummaryQuery both[] = {{input, ""}, query};
  const auto alone = reader.summaries({&query, 1});
  const auto beside = reader.summaries(both);
  if (!alone || !beside || alone->front() != beside->back()) std::abort();
  if (const auto parsed = pith::parse_summary_prompt(input)) {
    if (parsed->query.size() + parsed->text.size() > input.size()) std::abort();
  }
  return 0;
}
