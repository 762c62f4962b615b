// No emoji pictures and no web fonts for formulas: a deck loads nothing from the network.
export default {
  themeSet: ["./theme.css"],
  options: { emoji: { shortcode: false, unicode: false }, math: false },
};
