import './styles/tokens.css'
import './styles/base.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { startKeys } from './app/keys'
import { startLive } from './app/live'
import { client } from './app/queries'
import { startStoredViews } from './app/storedViews'
import { startCopying } from './ui/values'

startKeys()
startLive()
startStoredViews()
startCopying()
createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={client}>
    <App />
  </QueryClientProvider>,
)
