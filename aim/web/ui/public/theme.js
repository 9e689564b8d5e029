// Runs before the first paint, so that a dark page never flashes light. An own file: inline scripts are not allowed.
;(function () {
  var theme = 'system'
  var density = 'compact'
  try {
    theme = localStorage.getItem('aim.theme') || theme
    density = localStorage.getItem('aim.density') || density
  } catch {
    /* storage is switched off: the defaults hold */
  }
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  document.documentElement.dataset.density = density
})()
