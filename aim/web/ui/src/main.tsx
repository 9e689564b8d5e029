import './app/styles/tokens.css'
import './app/styles/base.css'
import './app/styles/print.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { onRunWritten, startWrites } from './base/api/writes'
import { startKeys } from './base/keys'
import { startLive } from './base/live/live'
import { client } from './base/queries'
import { startStoredViews } from './base/storedViews'
import { startPrinting } from './base/printing'
import { startCopying } from './widgets/values'

startWrites()
onRunWritten((run) => client.setQueryData(['run', run.hash], run))
startKeys()
startLive()
startStoredViews()
startCopying()
startPrinting()
createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={client}>
    <App />
  </QueryClientProvider>,
)
