// Heads and chunked bodies from outside: any bytes, in any pieces, are read the same or refused the
// same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "apps/http/chunk_scanner.h"
#include "apps/http/framing.h"
#include "apps/http/head_parser.h"

namespace {

using pith::HeadParser;

void check(bool holds) {
  if (!holds) std::abort();
}

/// Fed whole and fed in pieces give the same answer; what is accepted has none of the forbidden
/// bytes.
void check_head(HeadParser::Kind kind, std::string_view bytes, std::size_t step) {
  const pith::HeadLimits limits{.bytes_max = 4096, .fields_max = 50};
  HeadParser whole(kind, limits), pieces(kind, limits);
  const HeadParser::State expected = whole.parse(bytes);
  HeadParser::State state = HeadParser::State::kIncomplete;
  for (std::size_t n = step; state == HeadParser::State::kIncomplete; n += step) {
    state = pieces.parse(bytes.substr(0, n));
    if (n >= bytes.size()) break;
  }
  check(state == expected);
  if (state != HeadParser::State::kComplete) return;
  const pith::ParsedHead& head = whole.head();
  check(head.num_bytes <= bytes.size() && head.num_bytes == pieces.head().num_bytes);
  for (const pith::HeaderView& field : head.headers) {
    check(!field.name.empty() &&
          field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    check(field.name.find_first_of(" \t:") == std::string_view::npos);
  }
  (void)pith::keeps_alive(head);
  if (kind == HeadParser::Kind::kResponse) {
    (void)pith::response_framing(head, false);
    return;
  }
  check(head.target.find(' ') == std::string_view::npos && !head.target.empty());
  const pith::FramingOrProblem framing = pith::request_framing(head);
  unsigned num_framings = 0;
  for (const pith::HeaderView& field : head.headers) {
    num_framings += field.kind == pith::HeaderKind::kContentLength ||
                    field.kind == pith::HeaderKind::kTransferEncoding;
  }
  if (framing.problem == nullptr) check(num_framings <= 1);
}

void check_chunks(pith::ChunkScanner::From from, std::string_view bytes, std::size_t step) {
  pith::ChunkScanner whole(from), pieces(from), scanned(from);
  std::string expected, actual;
  const std::size_t num_whole = whole.decode(bytes, expected);
  check(scanned.scan(bytes) == num_whole);
  std::size_t num_pieces = 0;
  while (num_pieces < bytes.size() && !pieces.done() && !pieces.bad()) {
    const std::string_view piece = bytes.substr(num_pieces, step);
    const std::size_t taken = pieces.decode(piece, actual);
    num_pieces += taken;
    check(taken == piece.size() || pieces.done() || pieces.bad());
  }
  check(num_pieces == num_whole && actual == expected);
  check(pieces.done() == whole.done() && pieces.bad() == whole.bad());
  if (whole.done()) check(bytes.substr(0, num_whole).ends_with("\r\n\r\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = 1 + data[0] % 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_head(HeadParser::Kind::kRequest, bytes, step);
  check_head(HeadParser::Kind::kResponse, bytes, step);
  check_chunks(pith::ChunkScanner::From::kRequest, bytes, step);
  check_chunks(pith::ChunkScanner::From::kResponse, bytes, step);
  return 0;
}
