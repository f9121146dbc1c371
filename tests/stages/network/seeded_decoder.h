// A small decoder of seeded numbers.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "stages/network/decoder.h"
#include "stages/network/trainable_decoder.h"

namespace pith {

inline DecoderConfig seeded_decoder_config() {
  DecoderConfig config;
  config.vocab_size = 50;
  config.hidden_size = 24;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_size = 8;
  config.intermediate_size = 40;
  config.max_positions = 600;
  return config;
}

inline std::shared_ptr<const Decoder> seeded_decoder(
    const DecoderConfig& config = seeded_decoder_config()) {
  const TrainableDecoder trainable(config);
  std::vector<float> parameters(trainable.layout().size());
  initialize_parameters(trainable.layout(), 0.3F, 7, parameters);
  auto decoder = Decoder::from_parameters(config, trainable.layout(), parameters);
  EXPECT_TRUE(decoder);
  return *decoder;
}

}  // namespace pith
