// Value types to FlatBuffers and back. The generated code is included by the .cpp files only.
//
// Every decode_ does the same in the same order: size limit, alignment (frames of ipc and tcp are
// often not 8-aligned, which the verifier cannot see), file identifier, verifier, then meaning:
// enums, ranges, order, finite floats, lengths, UTF-8 where text goes on into JSON or headers. Its
// error is kMalformedMessage and never quotes a text. Every encode_ takes a value that its decode_
// would accept.
#pragma once

#include <flatbuffers/detached_buffer.h>

#include <cstdint>
#include <span>

#include "messages/compress.h"
#include "messages/decision.h"
#include "messages/fault.h"
#include "messages/presence.h"
#include "messages/result.h"
#include "messages/reward.h"

namespace pith {

/// Largest message but a CompressReply. 4 MiB of prompt are about a million tokens; what is longer
/// is refused with kPromptTooLong before it is encoded, and the proxy forwards it as it is.
inline constexpr std::size_t kMessageBytesMax = 4U << 20U;
/// Largest CompressReply. A span is 8 bytes and can stand for as little as 2 bytes of text (one
/// kept, one cut), so the reply to a message of the size above can be four times as long, and has
/// notes.
inline constexpr std::size_t kReplyBytesMax = 4 * kMessageBytesMax + (1U << 20U);
/// A new agent conversation may arrive with thousands of tool results in one request.
inline constexpr std::size_t kSegmentsMax = 4096;
inline constexpr std::size_t kForceTokensMax = 1024;
/// Policies, tokenizers, metrics, ids ...
inline constexpr std::size_t kNameBytesMax = 1024;
/// Notes, error texts.
inline constexpr std::size_t kNoteBytesMax = 4096;
inline constexpr std::size_t kNotesMax = 256;

/// Upper bound of the encoded size, computed without encoding.
std::size_t encoded_bytes_max(const CompressRequest& request);

/// The request's id is not in the body but in the header.
flatbuffers::DetachedBuffer encode(const CompressRequest& request);
flatbuffers::DetachedBuffer encode(const CompressReply& reply);
flatbuffers::DetachedBuffer encode(const Ready& ready);
flatbuffers::DetachedBuffer encode(const Heartbeat& heartbeat);
flatbuffers::DetachedBuffer encode(const Fault& fault);
flatbuffers::DetachedBuffer encode(const Decision& decision);
flatbuffers::DetachedBuffer encode(const Reward& reward);

Result<CompressRequest> decode_compress_request(std::span<const std::uint8_t> bytes);
/// What can be known without the request; see reply_fits for the rest.
Result<CompressReply> decode_compress_reply(std::span<const std::uint8_t> bytes);
Result<Ready> decode_ready(std::span<const std::uint8_t> bytes);
Result<Heartbeat> decode_heartbeat(std::span<const std::uint8_t> bytes);
Result<Fault> decode_fault(std::span<const std::uint8_t> bytes);
Result<Decision> decode_decision(std::span<const std::uint8_t> bytes);
Result<Reward> decode_reward(std::span<const std::uint8_t> bytes);

/// One answer per segment, spans and markers inside their texts and between characters.
/// Errors: kMalformedMessage.
Result<Done> reply_fits(const CompressReply& reply, const CompressRequest& request);

}  // namespace pith
